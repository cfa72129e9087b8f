import { isIPv4, isIPv6 } from 'node:net';

/** One `server` line of the configuration, as words. */
export interface ServerLine {
  readonly name: string;
  readonly address: string;
  /** All words after the address. */
  readonly words: readonly string[];
  /** True when the line has characters that a runtime command can't have: quotes, backslashes, `;`, `#`, `<<`, or characters outside ASCII. */
  readonly special: boolean;
}

/** Reads a text that has one `server` line and otherwise only blank lines and comments; undefined for any other text. */
export function readServerLine(text: string): ServerLine | undefined {
  const [line, ...more] = text.split('\n').filter((one) => !/^\s*(?:#|$)/.test(one));
  if (line === undefined || more.length > 0) return undefined;
  const [keyword, name, address, ...words] = line.trim().split(/[ \t]+/);
  if (keyword !== 'server' || name === undefined || address === undefined) return undefined;
  return { name, address, words, special: !canStandInCommand(line.trim()) };
}

/** Whether HAProxy's runtime command line reads a text unchanged: it has no quotes, and `;`, `\` and `<<` have a special meaning there. */
export function canStandInCommand(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text) && !/["'\\;#]|<</.test(text);
}

/** Whether two lines are the same to HAProxy. A difference only in `id` does not count. */
export function isSameLine(a: string, b: string): boolean {
  return a === b || withoutId(a) === withoutId(b);
}

function withoutId(text: string): string {
  return text.replace(/\sid\s+\d+(?=\s|$)/, '').trim();
}

/** What has to be done so that a server becomes what its new line says. */
export type LineChange =
  | { readonly kind: 'none' | 'disabled' | 'enabled' }
  | { readonly kind: 'weight'; readonly weight: number }
  | { readonly kind: 'maxconn'; readonly most: number }
  | { readonly kind: 'other'; readonly difference: string };

/** The change from one line of a server to another. */
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
  const most = Number(valueOf(now, 'maxconn'));
  if (!differs('maxconn') && valueOf(was, 'maxconn') !== undefined && Number.isInteger(most) && most > 0) return { kind: 'maxconn', most };
  return { kind: 'other', difference: differenceOf(before, after) };
}

const WITH_VALUE: ReadonlySet<string> = new Set(['weight', 'maxconn']);

/** The words of a line without its id, and without one more option and its value. */
function rest({ words }: ServerLine, [except]: readonly string[]): string {
  return words
    .filter((word, i) => word !== 'id' && words[i - 1] !== 'id')
    .filter((word, i, all) => word !== except && !(except !== undefined && WITH_VALUE.has(except) && all[i - 1] === except))
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
  return parts.length > 0 ? parts.join(', ') : 'its words are in a different order';
}

/** Whether the file puts the server into maintenance. */
export function isDisabled({ words }: ServerLine): boolean {
  return words.includes('disabled');
}

/** Whether HAProxy checks the server. */
export function isChecked({ words }: ServerLine): boolean {
  return words.includes('check');
}

/** The word after a keyword; undefined when the keyword is absent. */
export function valueOf({ words }: ServerLine, keyword: string): string | undefined {
  const at = words.indexOf(keyword);
  return at < 0 ? undefined : words[at + 1];
}

/** Whether a text is a literal address with a port: HAProxy never resolves names of servers that are added at runtime. */
export function isLiteralAddress(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const isAddress = v6 === undefined ? isIPv4(v4 ?? '') : isIPv6(v6);
  return isAddress && Number(port) >= 1 && Number(port) <= 65535;
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a time as HAProxy writes it (`2000`, `500ms`, `5s`) in milliseconds; undefined for other texts. */
export function readTime(text: string): number | undefined {
  const [, digits, unit = 'ms'] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
