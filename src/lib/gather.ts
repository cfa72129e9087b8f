const ENOUGH = 250_000;

/** The same text in pieces of about 250,000 characters: a write for each of 50,000 lines would cost more than the lines. */
export function* gather(pieces: Iterable<string>): Generator<string> {
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < ENOUGH) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}
