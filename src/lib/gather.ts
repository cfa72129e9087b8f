const ENOUGH = 250_000;

/** Joins pieces of text into pieces of about 250,000 characters, because writing each of 50,000 lines by itself costs more than making them. */
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
