/** A word of a line of HAProxy's configuration: as it is written, and what HAProxy reads. */
export interface LineWord {
  readonly raw: string;
  readonly text: string;
}

/**
 * The words of a line, as HAProxy separates them: `\` in front of a blank keeps it, `\r`, `\n`, `\t` and `\x41` are characters, quotes hold words
 * together, `#` begins a comment [haproxy: "Quoting and escaping"]. Undefined where an environment variable stands in quotes, or a quote is not
 * closed: what HAProxy reads there is not known.
 */
export function lineWords(line: string): readonly LineWord[] | undefined {
  const words: LineWord[] = [];
  for (const [raw] of line.matchAll(WORD)) {
    if (raw.startsWith('#')) break;
    const text = textOf(raw);
    if (text === undefined) return undefined;
    words.push({ raw, text });
  }
  return words;
}

/** A comment to the end, or a word: escaped characters, texts in quotes, an open quote, and all else but blanks. */
const WORD = /#.*|(?:\\x[0-9a-fA-F]{2}|\\.|"(?:\\.|[^"\\])*"|'[^']*'|["']|[^\s\\"'#]|(?<=[^\s])#)+/g;

const PART = /\\x([0-9a-fA-F]{2})|\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'|(["'])|([^\\"']+)/g;

function textOf(raw: string): string | undefined {
  let text = '';
  for (const [, hex, escaped, double, single, open, plain] of raw.matchAll(PART)) {
    if (open !== undefined || (double !== undefined && /(?<!\\)\$/.test(double))) return undefined;
    if (hex !== undefined) text += String.fromCharCode(Number.parseInt(hex, 16));
    else if (escaped !== undefined) text += ESCAPED[escaped] ?? escaped;
    else if (double !== undefined) text += textOf(double.replaceAll("'", "\\'")) ?? '';
    else text += single ?? plain ?? '';
  }
  return text;
}

const ESCAPED: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t' };

/** A text as one word of a line. */
export function quoted(text: string): string {
  return /^[\w./:@%,;=+-]+$/.test(text)
    ? text
    : `"${text
        .replace(/[\\"$]/g, '\\$&')
        .replaceAll('\r', '\\r')
        .replaceAll('\n', '\\n')}"`;
}
