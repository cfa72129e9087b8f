/**
 * Returns the next value, in which every part that equals the same part of the previous value is replaced by the previous object. So `===` tells
 * what changed. When no part is replaced, it returns `next` itself, so that the same value is not compared again. For plain data only: objects, arrays, strings, numbers, booleans, undefined, null.
 */
export function keep<Value>(previous: Value | undefined, next: Value): Value {
  if (previous === next) return next;
  if (Array.isArray(previous) && Array.isArray(next)) return keepArray(previous, next) as Value;
  if (isRecord(previous) && isRecord(next)) return keepRecord(previous, next) as Value;
  return next;
}

function keepArray(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  let kept: unknown[] | undefined; // made when the first part of `previous` is kept in place of an equal part
  let same = next.length === previous.length;
  for (const [i, element] of next.entries()) {
    const value = keep(previous[i], element);
    same &&= value === previous[i];
    if (value !== element) kept ??= next.slice();
    if (kept !== undefined) kept[i] = value;
  }
  return same ? previous : (kept ?? next);
}

function keepRecord(previous: Record<string, unknown>, next: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let [same, isAsNext] = [Object.keys(previous).length, true];
  for (const key of Object.keys(next)) {
    const value = keep(previous[key], next[key]);
    kept[key] = value;
    isAsNext &&= value === next[key];
    if (key in previous && value === previous[key]) same--;
    else same = NaN;
  }
  return same === 0 ? previous : isAsNext ? next : kept;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
