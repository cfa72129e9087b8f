/**
 * Returns the next value, in which every part that equals the same part of the previous value is replaced by the previous object. So `===` tells
 * what changed. For plain data only: objects, arrays, strings, numbers, booleans, undefined, null.
 */
export function keep<Value>(previous: Value | undefined, next: Value): Value {
  if (previous === next) return next;
  if (Array.isArray(previous) && Array.isArray(next)) return keepArray(previous, next) as Value;
  if (isRecord(previous) && isRecord(next)) return keepRecord(previous, next) as Value;
  return next;
}

function keepArray(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  const kept = next.map((element, i) => keep(previous[i], element));
  return kept.length === previous.length && kept.every((element, i) => element === previous[i]) ? previous : kept;
}

function keepRecord(previous: Record<string, unknown>, next: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let same = Object.keys(previous).length;
  for (const key of Object.keys(next)) {
    const value = keep(previous[key], next[key]);
    kept[key] = value;
    if (key in previous && value === previous[key]) same--;
    else same = NaN;
  }
  return same === 0 ? previous : kept;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
