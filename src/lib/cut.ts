const LONGEST_TEXT = 2_000;
const LONGEST_LIST = 50;
const DEEPEST = 4;

/** A value for the log, no longer than a person reads: long texts and lists are cut, with what was left out; what is short stays the same object. */
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

/** A text of at most 2,000 characters, and behind a longer one how long it was. */
export function cutText(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text;
}
