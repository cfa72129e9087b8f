const LONGEST_TEXT = 2_000;
const LONGEST_LIST = 50;
const DEEPEST = 4;

/**
 * Shortens a value for the log: texts to 2,000 characters, lists to 50 elements and objects to a depth of 4. A text or list that was shortened says
 * how long it was.
 */
export function cut(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cutText(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) {
    const some = value.slice(0, LONGEST_LIST).map((one) => cut(one, depth + 1));
    return value.length > LONGEST_LIST ? [...some, `… and ${value.length - LONGEST_LIST} more`] : some;
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [cutText(name), cut(one, depth + 1)]));
}

/** Returns at most 2,000 characters of a text, followed by its full length if it was longer. */
export function cutText(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text;
}
