import { setTimeout as sleep } from 'node:timers/promises';

/** The longest that a test waits for anything; how long it took is asserted nowhere. */
export const PATIENCE_MS = 20_000;

/**
 * Looks again and again until it finds something, which is anything but undefined and false. Rejects when it does not come, with `what`: words, or
 * what makes them then.
 */
export async function until<Found>(
  what: string | (() => string),
  look: () => Found | Promise<Found>,
): Promise<Exclude<Found, undefined | false>> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found as Exclude<Found, undefined | false>;
    if (Date.now() >= end) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain for this: ${typeof what === 'string' ? what : what()}`);
    await sleep(25);
  }
}
