import { setImmediate } from 'node:timers/promises';

const ENOUGH = 64 * 1024;
const TURN_MS = 5;

/**
 * A long text whose pieces are made when they are asked for, in larger ones, with a turn for everything else at least every 5 ms: whoever makes a
 * megabyte of JSON holds nobody up.
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
