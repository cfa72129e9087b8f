/** What a text gave: a value, what of it is not taken, or both (a list with one bad element keeps the others). */
export interface Read<Value> {
  readonly value?: Value;
  readonly bad?: string;
  /** Why the bad part is not taken, without the text itself. */
  readonly why?: string;
  /** What was probably meant by the bad part. */
  readonly meant?: string;
  /** What the owner of a value should know of it. */
  readonly note?: string;
}

/** One kind of label value: what is wanted, in words that stand behind 'wanted: ', and the reader. A plain value can never become more than a value. */
export interface Grammar<Value> {
  readonly wanted: string;
  readonly read: (text: string) => Read<Value>;
}

/** A word that HAProxy reads as one word, wherever in a line it stands. */
export const WORD = /^[^\s"'#\\\p{Cc}]+$/u;

export const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Longer than any value with a meaning, and short enough for HAProxy's regular expressions and buffers. */
export const LONGEST = { value: 4096, list: 32_768 };

/** A grammar of texts that are read whole or not at all. */
export function grammar<Value>(wanted: string, read: (text: string) => Value | undefined, longest = LONGEST.value): Grammar<Value> {
  return {
    wanted,
    read: (text) => {
      const value = text.length > longest ? undefined : read(text.trim());
      return value === undefined ? { bad: text } : { value };
    },
  };
}

/** A grammar of lists: what is no element is told, the others stand. */
export function list(
  wanted: string,
  split: string | RegExp,
  read: (element: string) => string | undefined,
  guess: (element: string) => string | undefined = () => undefined,
): Grammar<readonly string[]> {
  return {
    wanted,
    read: (text) => {
      if (text.length > LONGEST.list) return { bad: text };
      const elements = text.split(split).filter((element) => element.trim() !== '');
      const good = elements.flatMap((element) => read(element) ?? []);
      const bad = elements.filter((element) => read(element) === undefined);
      const meant = bad.slice(0, 5).flatMap((element) => guess(element) ?? []);
      return {
        ...(meant.length > 0 && { meant: meant.join(', ') }),
        ...(good.length > 0 && { value: [...new Set(good)] }),
        ...((bad.length > 0 || good.length === 0) && { bad: bad.join(' ') || text }),
      };
    },
  };
}
