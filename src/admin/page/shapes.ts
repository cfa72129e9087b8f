import type { AppRow } from '../../explain/app-rows.ts';
import type { BackendFigures } from '../../admin/figures-of-backends.ts';

/** What `/v1/overview` answers. */
export interface OverviewShape {
  readonly revision: string;
  readonly whole: boolean;
  readonly gone: readonly string[];
  readonly apps: readonly AppRow[];
}

/** How many servers are in which state, and their traffic. */
type Counts = Pick<BackendFigures, 'up' | 'checking' | 'draining' | 'down' | 'sessions' | 'requests' | 'errors'>;

/** All backends together at one time. */
export interface TotalsShape extends Counts {
  /** In ms since 1970. */
  readonly at: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** One backend. */
export type BackendShape = Counts & Pick<BackendFigures, 'backend' | 'answerMs'>;

/** What `/v1/stats` answers. */
export interface StatsShape {
  readonly at: string;
  readonly everyMs: number;
  readonly totals: TotalsShape;
  readonly past: readonly TotalsShape[];
  readonly troubled: readonly BackendShape[];
  readonly most: readonly BackendShape[];
  readonly backends: readonly BackendShape[];
}

/** What `/v1/stats/{backend}` answers. */
export interface ServersShape {
  readonly backend: string;
  readonly servers: readonly ServerShape[];
}

/** A server, as HAProxy has it; counts since its worker began. */
export interface ServerShape {
  readonly server: string;
  readonly status: string;
  readonly sessions: number;
  readonly requests: number;
  readonly errors: number;
  readonly answerMs: number;
  /** Seconds since its state changed. */
  readonly changed: number | null;
  readonly check: string;
}

/** A sentence of the demo's story. */
export interface StorySentence {
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}
