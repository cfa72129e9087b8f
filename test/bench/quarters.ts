/** The means of the four quarters of what was seen. */
export function quarters(seen: readonly number[]): readonly number[] {
  const length = Math.max(1, Math.floor(seen.length / 4));
  return [0, 1, 2, 3].map((i) => seen.slice(i * length, (i + 1) * length).reduce((sum, one) => sum + one / length, 0));
}
