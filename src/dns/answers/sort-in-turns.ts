const RUN = 2_000;

/** Sorts texts by their characters. Yields '' often, so that other work gets a turn while a long list is sorted, and returns the sorted list. */
export function* sortInTurns(texts: readonly string[]): Generator<'', readonly string[]> {
  let runs: (readonly string[])[] = [];
  for (let at = 0; at < texts.length; at += RUN) {
    runs.push(texts.slice(at, at + RUN).sort());
    yield '';
  }
  while (runs.length > 1) {
    const merged: (readonly string[])[] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(a: readonly string[], b: readonly string[]): Generator<'', readonly string[]> {
  const merged: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [one, other] = [a[i], b[j]];
    if (other === undefined || (one !== undefined && one <= other)) merged.push(a[i++] as string);
    else merged.push(b[j++] as string);
    if (merged.length % RUN === 0) yield '';
  }
  return merged;
}
