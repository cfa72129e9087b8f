import { nextRead } from './guard.ts';
import type { State } from './state.ts';

/** What a state waits for. Times in ms since 1970. */
export interface WakeUps {
  /** A tick, not before then. */
  readonly tickAt: number | undefined;
  /** Another full read, sent then. */
  readonly readAt: number | undefined;
}

/** What shall come without anything else happening. */
export function wakeUpsOf({ wakeAt, held }: Pick<State, 'wakeAt' | 'held'>): WakeUps {
  return { tickAt: wakeAt, readAt: held && nextRead(held) };
}
