import { setTimeout as sleep } from 'node:timers/promises';
import { count } from '../lib/count.ts';
import { sendRequest, type Target } from './traffic.ts';

/** Requests to one virtual host, many a second, and what becomes of them. */
export interface Flow {
  /** Sends no more; resolves when the last request has its answer. */
  readonly stop: () => Promise<void>;
  /** What has become of them: '80 requests meanwhile, of which 4 were answered with 500 and none was lost'. */
  readonly words: () => string;
}

/** Between two requests, in milliseconds. */
const PAUSE_MS = 40;
/** What HAProxy itself answers when it has no server that does. */
const OWN = new Set([502, 503, 504]);

/** Begins to send requests, until it is stopped or the signal aborts. */
export function startFlow(target: Target): Flow {
  const over = new AbortController();
  const counts = new Map<number, number>();
  const open = new Set<Promise<void>>();
  let lost = 0;
  const ask = async (): Promise<void> => {
    const status = await sendRequest(target).catch(() => undefined);
    if (target.signal.aborted) return;
    if (status === undefined || OWN.has(status)) lost++;
    else counts.set(status, (counts.get(status) ?? 0) + 1);
  };
  const send = async (): Promise<void> => {
    while (!over.signal.aborted && !target.signal.aborted) {
      const asked = ask();
      open.add(asked);
      void asked.finally(() => open.delete(asked));
      await sleep(PAUSE_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const sent = send();
  return {
    stop: async () => {
      over.abort();
      await sent;
      await Promise.all(open);
    },
    words: () => wordsOf(counts, lost),
  };
}

/** A request is lost when no app has answered it: the connection failed, or HAProxy had no server that did. */
function wordsOf(byStatus: ReadonlyMap<number, number>, lost: number): string {
  const requests = [...byStatus.values()].reduce((sum, one) => sum + one, lost);
  const others = [...byStatus]
    .filter(([status]) => status !== 200)
    .map(([status, times]) => `${times} ${verb(times)} answered with ${status}`);
  return `${count(requests, 'request')} meanwhile, of which ${[...others, lost === 0 ? 'none was lost' : `${lost} ${verb(lost)} lost`].join(' and ')}`;
}

function verb(times: number): string {
  return times === 1 ? 'was' : 'were';
}
