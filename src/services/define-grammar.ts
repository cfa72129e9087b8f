/** The result of reading a text: a value, the part that is refused, or both (a list with one bad element keeps the others). */
export interface ReadValue<Value> {
  readonly value?: Value;
  readonly bad?: string;
  /** Why the bad part is refused, without repeating the text. */
  readonly why?: string;
  /** What was probably meant by the bad part. */
  readonly meant?: string;
  /** A note about a value that counts, for the app's owner. */
  readonly note?: Note;
}

/** What the owner of a label should know of a value that counts: `says` follows the name of the label, `advice` is what to do. */
export interface Note {
  readonly says: string;
  readonly advice: string;
}

/**
 * One kind of label value: the words that follow 'wanted: ', and the reader. A value read this way can never add more than one value to the
 * configuration.
 */
export interface Grammar<Value> {
  readonly wanted: string;
  readonly read: (text: string) => ReadValue<Value>;
}

/** A text that HAProxy reads as one word, wherever it is in a line. */
export const WORD = /^[^\s"'#\\\p{Cc}]+$/u;

/** The words of a text, which white space separates; none of an empty text. */
export const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** The most characters of a value: longer than any sensible value, and short enough for HAProxy's regular expressions and buffers. */
export const LONGEST = { value: 4096, list: 32_768 };

/** Makes a grammar for texts that are read as a whole or not at all. */
export function grammar<Value>(wanted: string, read: (text: string) => Value | undefined, longest = LONGEST.value): Grammar<Value> {
  return {
    wanted,
    read: (text) => {
      const value = text.length > longest ? undefined : read(text.trim());
      return value === undefined ? { bad: text } : { value };
    },
  };
}

/** Makes a grammar for lists: bad elements are reported, the others count. */
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
      const good = new Set<string>();
      const bad: string[] = [];
      for (const element of elements) {
        const value = read(element);
        if (value === undefined) bad.push(element);
        else good.add(value);
      }
      const meant = bad.slice(0, 5).flatMap((element) => guess(element) ?? []);
      return {
        ...(meant.length > 0 && { meant: meant.join(', ') }),
        ...(good.size > 0 && { value: [...good] }),
        ...((bad.length > 0 || good.size === 0) && { bad: bad.join(' ') || text }),
      };
    },
  };
}
