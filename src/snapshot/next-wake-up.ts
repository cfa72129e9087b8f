import { nextRead } from './guard.ts';
import { firstTry } from './absorb-refusals.ts';
import type { State } from './state.ts';

/** What a state waits for. Times in ms since 1970. */
export interface WakeUps {
  /** The earliest time of the next tick. */
  readonly tickAt: number | undefined;
  /** When to send the next full read. */
  readonly readAt: number | undefined;
}

/** The tick and the read that a state needs if nothing else happens. */
export function wakeUpsOf({ wakeAt, quarantine, held }: Pick<State, 'wakeAt' | 'quarantine' | 'held'>): WakeUps {
  const tryAt = firstTry(quarantine);
  const tickAt = wakeAt === undefined || tryAt === undefined ? (wakeAt ?? tryAt) : Math.min(wakeAt, tryAt);
  return { tickAt, readAt: held && nextRead(held) };
}
