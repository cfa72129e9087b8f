import { setImmediate } from 'node:timers/promises';

const ENOUGH = 64 * 1024;
const TURN_MS = 5;

/**
 * Joins the pieces of a long text into larger pieces of about 64 KiB. It yields to the event loop at least every 5 ms, so that making a megabyte of
 * JSON does not block other work.
 */
export async function* inSlices(pieces: Iterable<string>): AsyncGenerator<string> {
  let gathered = '';
  let turn = performance.now();
  for (const piece of pieces) {
    gathered += piece;
    const isLate = performance.now() - turn >= TURN_MS;
    if (gathered.length < ENOUGH && !isLate) continue;
    if (gathered !== '') yield gathered;
    gathered = '';
    if (isLate) await setImmediate();
    turn = isLate ? performance.now() : turn;
  }
  if (gathered !== '') yield gathered;
}
