import { isIPv4, isIPv6 } from 'node:net';

/** One `server` line of the configuration, in its words. */
export interface ServerLine {
  readonly name: string;
  readonly address: string;
  /** All behind the address. */
  readonly words: readonly string[];
  /** It has characters that a command can't have: quotes, backslashes, `;`, `#`, `<<`, others than ASCII. */
  readonly special: boolean;
}

/** The words of a text that is one `server` line, beside blank lines and comments; undefined for any other. */
export function readServerLine(text: string): ServerLine | undefined {
  const [line, ...more] = text.split('\n').filter((one) => !/^\s*(?:#|$)/.test(one));
  if (line === undefined || more.length > 0) return undefined;
  const [keyword, name, address, ...words] = line.trim().split(/[ \t]+/);
  if (keyword !== 'server' || name === undefined || address === undefined) return undefined;
  return { name, address, words, special: !canStandInCommand(line.trim()) };
}

/** Whether HAProxy's command line reads a text as it stands: it knows no quotes, and `;`, `\` and `<<` mean something there. */
export function canStandInCommand(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text) && !/["'\\;#]|<</.test(text);
}

/** Whether two lines are one for HAProxy: a difference in `id` alone is none. */
export function isSameLine(a: string, b: string): boolean {
  return a === b || withoutId(a) === withoutId(b);
}

function withoutId(text: string): string {
  return text.replace(/\sid\s+\d+(?=\s|$)/, '').trim();
}

/** What is to be done for a server to become as its new line says. */
export type LineChange =
  | { readonly kind: 'none' | 'disabled' | 'enabled' }
  | { readonly kind: 'weight'; readonly weight: number }
  | { readonly kind: 'other'; readonly difference: string };

/** The way from one line of a server to another. */
export function changeOf(before: string, after: string): LineChange {
  if (isSameLine(before, after)) return { kind: 'none' };
  const [was, now] = [readServerLine(before), readServerLine(after)];
  if (was === undefined || now === undefined || was.special || now.special || was.address !== now.address || was.name !== now.name) {
    return { kind: 'other', difference: differenceOf(before, after) };
  }
  const differs = (...except: readonly string[]): boolean => rest(was, except) !== rest(now, except);
  if (!differs('disabled')) return { kind: isDisabled(now) ? 'disabled' : 'enabled' };
  const weight = Number(valueOf(now, 'weight') ?? 1);
  if (!differs('weight') && Number.isInteger(weight) && weight >= 0 && weight <= 256) return { kind: 'weight', weight };
  return { kind: 'other', difference: differenceOf(before, after) };
}

/** The words of a line, but for its id and one more thing. */
function rest({ words }: ServerLine, [except]: readonly string[]): string {
  return words
    .filter((word, i) => word !== 'id' && words[i - 1] !== 'id')
    .filter((word, i, all) => word !== except && !(except === 'weight' && all[i - 1] === 'weight'))
    .join(' ');
}

function differenceOf(before: string, after: string): string {
  const [was, now] = [before, after].map((text) => withoutId(text).split(/\s+/)) as [string[], string[]];
  const added = now.filter((word) => !was.includes(word));
  const gone = was.filter((word) => !now.includes(word));
  const parts = [
    ...(added.length > 0 ? [`now with '${added.join(' ')}'`] : []),
    ...(gone.length > 0 ? [`without '${gone.join(' ')}'`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'its words are in another order';
}

/** Whether the file has the server in maintenance. */
export function isDisabled({ words }: ServerLine): boolean {
  return words.includes('disabled');
}

/** Whether HAProxy checks the server. */
export function isChecked({ words }: ServerLine): boolean {
  return words.includes('check');
}

/** The word behind a keyword. */
export function valueOf({ words }: ServerLine, keyword: string): string | undefined {
  const at = words.indexOf(keyword);
  return at < 0 ? undefined : words[at + 1];
}

/** Whether an address is a literal one with a port: names are never resolved for servers that are added at runtime. */
export function isLiteralAddress(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const isAddress = v6 === undefined ? isIPv4(v4 ?? '') : isIPv6(v6);
  return isAddress && Number(port) >= 1 && Number(port) <= 65535;
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a time as HAProxy writes it: `2000`, `500ms`, `5s`. */
export function readTime(text: string): number | undefined {
  const [, digits, unit = 'ms'] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
