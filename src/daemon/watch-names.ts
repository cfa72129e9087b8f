import { makeBackoff } from '../lib/backoff.ts';
import type { Reason, UnresolvedServer } from '../model/document.ts';
import type { News } from '../model/news.ts';

/** Who looks names up, and who is told. */
export interface NameWatch {
  /** Whether a name resolves now, as HAProxy would resolve it. */
  readonly resolves: (host: string) => Promise<boolean>;
  /** HAProxy reads its file again: only then it resolves names. */
  readonly reload: (reasons: readonly Reason[]) => void;
  readonly tell: (news: News) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** From one look at names that do not resolve to the next: twice as long each time. */
const LOOKS = { first: 2_000, most: 60_000 } as const;

/**
 * Takes the servers without an address, each time HAProxy's state is read back, and sends them as News. Looks their names up after growing waits.
 * When a name resolves, HAProxy is reloaded once. If HAProxy does not find the address even then, there is no second reload until the lookup here has
 * failed as well.
 */
export function watchNames({ resolves, reload, tell, now, sleep, signal }: NameWatch): (servers: readonly UnresolvedServer[]) => void {
  const backoff = makeBackoff({ ...LOOKS, random: Math.random });
  const tried = new Set<string>(); // names that HAProxy was reloaded for
  let unresolved: readonly UnresolvedServer[] = [];
  let isLooking = false;
  const look = async (): Promise<void> => {
    const reasons: Reason[] = [];
    for (const host of new Set(unresolved.map((one) => one.host))) {
      if (!(await resolves(host)))
        tried.delete(host); // names are resolved one by one, because each may block for long a thread that files need as well
      else if (!tried.has(host)) {
        tried.add(host);
        for (const { backend } of unresolved.filter((one) => one.host === host))
          reasons.push({ code: 'name-resolved', subject: backend, detail: host });
      }
    }
    if (reasons.length > 0 && !signal.aborted) reload(reasons);
  };
  const lookOn = async (): Promise<void> => {
    for (isLooking = true; unresolved.length > 0;) {
      await sleep(backoff.next(), signal);
      await look();
    }
    isLooking = false;
  };
  return (servers) => {
    unresolved = servers;
    tell({ kind: 'unresolved', at: now(), servers });
    if (servers.length === 0) {
      backoff.reset();
      tried.clear();
    } else if (!isLooking) lookOn().catch(() => undefined); // the end
  };
}
