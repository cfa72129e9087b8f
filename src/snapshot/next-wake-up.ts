import { nextRead } from './guard.ts';
import type { State } from './state.ts';

/** What a state waits for. Times in ms since 1970. */
export interface WakeUps {
  /** The earliest time of the next tick. */
  readonly tickAt: number | undefined;
  /** When to send the next full read. */
  readonly readAt: number | undefined;
}

/** The tick and the read that a state needs if nothing else happens. */
export function wakeUpsOf({ wakeAt, held }: Pick<State, 'wakeAt' | 'held'>): WakeUps {
  return { tickAt: wakeAt, readAt: held && nextRead(held) };
}
