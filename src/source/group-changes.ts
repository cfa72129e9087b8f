import type { Sleep } from '../lib/clock.ts';
import type { EventMeaning } from '../model/news.ts';

/** How long the deployment of a change of groups is waited for, in milliseconds. Marathon sends the two within milliseconds. */
const DEPLOYMENT_MS = 2_000;
/** How many versions are remembered whose deployments have named their apps. */
const MOST_NAMED = 100;

interface Dependencies {
  /** Asks for a read of everything. */
  readonly readAll: (reason: string) => void;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

/**
 * Decides whether a change of groups needs a read of everything. Marathon sends `group_change_success` for every app that is made, changed, scaled or
 * removed, and it does not name the app; the deployment of the change, which has the same version, names all its apps. So everything is read only when
 * no such deployment has come after two seconds: in a large estate that read keeps the processor busy for seconds, while the new app waits.
 */
export class GroupChanges {
  readonly #dependencies: Dependencies;
  readonly #awaited = new Set<string>();
  readonly #named = new Set<string>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Takes an event. Returns false when the event asks for a read of everything at once, as far as `dirty` says so. */
  waitsFor({ change, reason }: Pick<EventMeaning, 'change' | 'reason'>): boolean {
    if (change === undefined) return false;
    if (change.isDeployed) this.#deployed(change.version);
    else if (!this.#named.has(change.version)) this.#await(change.version, reason);
    return !change.isDeployed;
  }

  #deployed(version: string): void {
    this.#awaited.delete(version);
    this.#named.add(version);
    const [oldest] = this.#named;
    if (this.#named.size > MOST_NAMED && oldest !== undefined) this.#named.delete(oldest);
  }

  #await(version: string, reason: string): void {
    const { readAll, sleep, signal } = this.#dependencies;
    if (this.#awaited.has(version)) return;
    this.#awaited.add(version);
    sleep(DEPLOYMENT_MS, signal).then(
      () => {
        if (this.#awaited.delete(version)) readAll(reason);
      },
      () => undefined, // the daemon ends
    );
  }
}
