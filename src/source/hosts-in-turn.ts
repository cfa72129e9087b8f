import { withDeadline } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { shown } from './auth.ts';

/** What was read, and when the request to the host that answered was sent, in milliseconds since 1970. */
export interface HostRead<T> {
  readonly sentAt: number;
  readonly answer: T;
}

/** One read, from the first host that answers. */
export interface Turn {
  /** Names what is read in the error message: "Marathon's apps". */
  readonly what: string;
  /** How long the whole answer of one host may take, in milliseconds. */
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** Resolves with the answer of the first host that answers. Rejects with a sentence that names every host and its error. */
export type HostsInTurn = <T>(turn: Turn, read: (base: URL, signal: AbortSignal) => Promise<T>) => Promise<HostRead<T>>;

/** Makes a function that reads from the host that answered last, and from the other hosts if that one fails. */
export function makeHostsInTurn(bases: readonly URL[], now: () => number): HostsInTurn {
  let good = 0; // the host that answered last
  return async ({ what, ms, signal }, read) => {
    const failures: string[] = [];
    const late = (): Error => new Error(`no whole answer within ${ms} ms`);
    const first = good; // a second read at the same time may change `good`
    for (const [i] of bases.entries()) {
      const at = (first + i) % bases.length;
      const base = bases[at] as URL;
      try {
        const sentAt = now();
        const answer = await withDeadline({ ms, signal, late }, (enough) => read(base, enough));
        good = at;
        return { sentAt, answer };
      } catch (error) {
        signal.throwIfAborted();
        failures.push(`${shown(base)}: ${sentence(error)}`);
      }
    }
    throw new Error(`${what} could not be read: ${failures.join('; ')}`);
  };
}
