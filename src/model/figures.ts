import type { BackendName } from './names.ts';

/** What HAProxy counts for a backend or a server of it: a line of `show stat` [management.txt, 9.1]. Counts begin anew with each worker. */
export interface StatRow {
  /** HAProxy's number of the proxy, which a worker keeps as long as it lives. */
  readonly iid: number;
  readonly backend: BackendName;
  /** The server; undefined for the backend as a whole. */
  readonly server: string | undefined;
  readonly mode: 'http' | 'tcp';
  /** `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`, `UP 1/3` … */
  readonly status: string;
  /** Sessions that are open now. */
  readonly sessions: number;
  /** Requests that wait for this server. */
  readonly queued?: number;
  /** Requests in http mode, connections in tcp mode. */
  readonly requests: number;
  /** Answers 5xx in http mode; connections that failed or broke in tcp mode. */
  readonly errors: number;
  /** How many servers of the backend may get requests now. */
  readonly usable: number;
  /** How long the last 1,024 requests waited for the server's answer on average, in ms; 0 in tcp mode and before the first request. */
  readonly answerMs: number;
  /** Seconds since the last change of state; undefined when HAProxy does not say. */
  readonly changed: number | undefined;
  /** What the last health check found: 'L4CON', 'L7OK'; empty without a check. */
  readonly check: string;
}
