import type { Holder } from '../model/holder.ts';
import type { Quarantined, TakenBind } from '../model/quarantine.ts';

/** What the daemon has learned beside what Marathon says, and by which it decides. The JSON of `/v1/memory`. */
export interface MemoryAnswer {
  /** Who holds which backend name, bind and route. */
  readonly holders: readonly Holder[];
  /** Ports that HAProxy has refused. */
  readonly refused: readonly RefusedPort[];
  /** Binds that another process has. */
  readonly taken: readonly TakenBind[];
}

/** A port that HAProxy has refused in a certain form. */
export interface RefusedPort extends Pick<Quarantined, 'app' | 'index' | 'problems' | 'isShutToo'> {
  /** The SHA-256 of what its labels and definition asked for then; with other labels it would be tried again. */
  readonly digest: string;
}
