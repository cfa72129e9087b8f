/** A value that somebody might put into a label, by malice or by mistake; `valid` is one that the label takes. */
export interface Hostile {
  readonly title: string;
  readonly of: (valid: string) => string;
}

const title = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 30)}… (${text.length} characters)` : text);

/** The same text for every label. */
const plain = (texts: readonly string[]): readonly Hostile[] => texts.map((text) => ({ title: title(text), of: () => text }));

/** A valid value and more behind it. */
const behind = (texts: readonly string[]): readonly Hostile[] =>
  texts.map((text) => ({ title: `valid + ${title(text)}`, of: (valid) => valid + text }));

/** A valid value with something in its middle. */
const inside = (texts: readonly string[]): readonly Hostile[] =>
  texts.map((text) => ({
    title: `valid, ${codes(text)} inside`,
    of: (valid) => valid.slice(0, middle(valid)) + text + valid.slice(middle(valid)),
  }));

const middle = (text: string): number => Math.ceil(text.length / 2);

/** Control characters and spaces by their code points: they can't be seen. */
const codes = (text: string): string =>
  Array.from(text, (one) => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`).join(' ');

/** Characters by their code points, first to last. */
const characters = (...ranges: readonly (readonly [number, number])[]): readonly string[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)));

const character = (code: number): readonly [number, number] => [code, code];

/** Texts without spaces, with spaces between. */
const words = (text: string): readonly string[] => text.split(' ');

const LONG = 65_536;

export const HOSTILE: readonly Hostile[] = [
  // nothing, and next to nothing
  ...plain(['', ' ', '\t', '\n', '\r\n', '\0', ', ,', ...words(', . : :: ::: / // - -- _ * ** ? ! @ ~')]),

  // a new line, and what would stand on it
  ...behind(['\n', '\r\n', '\r', '\n\n', '\nbackend evil', '\r\nbackend evil', '\rbackend evil', '\\\nbackend evil']),
  ...behind(['\n  http-request deny', '\n  user evil password x']),
  ...plain([
    'backend evil',
    'frontend evil',
    '\nbackend evil\n',
    'x\nglobal\n  stats socket /tmp/evil level admin',
    '.if 1',
    '.alert "evil"',
  ]),

  // every control character; spaces, separators and what can't be seen of Unicode
  ...inside(characters([0x00, 0x20], [0x7f, 0x80], character(0x85), character(0x90), [0x9f, 0xa0], character(0xad))),
  ...inside(characters(character(0x1680), character(0x2003), character(0x200b), [0x2028, 0x2029], character(0x202f))),
  ...inside(characters([0x205f, 0x2060], character(0x3000), character(0xfeff))),
  ...behind(['\u00a0', '\u2028backend evil', '\ufeff']),

  // quotes, comments, separators, escapes
  ...inside(words('" \' ` # ; | \\ \\n \\x0a & < > ( ) [ ] { } = , ^ $ %')),
  ...inside(['\\ ']),
  ...behind([' #', '#', '"', "'", '\\', ' \\', ' "', ' ;', ' | cat', '" backend evil "', "' backend evil '"]),

  // further words behind a good one
  ...behind([
    ' user evil password x',
    ' if TRUE',
    ' unless FALSE',
    ' or',
    ' -i',
    ' -f /etc/passwd',
    ' -m reg .*',
    ' }',
    ' { always_true }',
  ]),
  ...behind([' evil', ' accept-proxy', ' ssl', ' verify required', ' crt /etc/shadow', ' name evil', ' depth x', ' (']),
  ...behind(words(',evil :evil /evil /../..')),

  // words with a meaning for HAProxy
  ...plain(words('if unless or and not even lower length map table_gpc default server ssl sticky random(0) hdr() -i')),
  ...plain([
    'server evil 10.0.0.1:1',
    'use_backend evil',
    '-f /etc/passwd',
    '-i -i',
    '-- x',
    'verify required',
    'hash evil',
    'uri depth x',
  ]),
  ...plain(['user root', 'gid 0', 'uid 0', 'namespace evil', 'proto x']),

  // what HAProxy, a shell, a template would expand
  ...plain(words('%[env(HOME)] /%[env(HOME)] %{+Q}o /%{+Q}o% % /% /100% ${HOME} "${HOME}" /${HOME} $HOME $(id) `id` %0a /%0d%0aevil:1')),
  ...plain(words('{servicePort} {backend} /{backend} {{backend}} /{{backend}} {{constructor}} {{{x}}} }} {{ { } /} \\{{x}} {0}')),

  // names that JavaScript knows
  ...plain(words('__proto__ constructor toString hasOwnProperty undefined null NaN Infinity true false')),
  ...plain(['[object Object]']),

  // numbers
  ...plain(words('0 -0 1 -1 +1 00080 80 443 9090 9091 65535 65536 70000 1.5 1e3 1e999 0x50 0b1 0o17 1_000 1,000 ٣ １０ 999 1000')),
  ...plain(words('999999999 -999999999 2147483648 4294967296 9007199254740993 99999999999999999999 -99999999999999999999')),

  // addresses, networks, hosts, dates
  ...plain(words('0.0.0.0 0.0.0.0/0 ::/0 [::] ::1%lo fe80::1%eth0 10.0.0.1/33 10.0.0.1/-1 10.0.0.0/8,::/0 999.1.1.1 127.1 010.0.0.1')),
  ...plain(words('::ffff:10.0.0.1 ::ffff:10.0.0.1/96 localhost 10500 /healthy healthy healthy.acme.org HEALTHY.ACME.ORG.:80')),
  ...plain(words('*.acme.org -evil.acme.org evil..acme.org xn-- bücher.example 12:00 tomorrow 2026-13-45 2026-02-30T25:61:61Z')),
  ...plain(['10.0.0.0/8 evil', 'a b c d', '-271821-04-20', 'Sat, 01 Jan 2026 00:00:00 GMT', '+275760-09-13T00:00:00.000Z']),

  // files and links
  ...plain(words('../ ../../etc/passwd /etc/passwd /dev/null /proc/self/mem unix@/tmp/evil fd@3 abns@evil')),
  ...plain(words('javascript:alert(1) http:// https://evil.example/ //evil.example/')),

  // writing of the world
  ...plain(words('😀 /😀 😀.acme.org /é /e\u0301 \u202eevil /\u202eevil /\u200fevil /\u2066evil\u2069 ﬀ İ ß \ud800 /\udfff')),

  // long
  ...plain([
    'a'.repeat(LONG),
    `/${'a'.repeat(LONG)}`,
    `/${'('.repeat(LONG)}`,
    '9'.repeat(LONG),
    ' '.repeat(LONG),
    '10.0.0.1 '.repeat(1000),
  ]),
  ...plain([
    `r:u:${'p'.repeat(LONG)}`,
    `hdr(${'h'.repeat(LONG)})`,
    'a.b '.repeat(LONG / 4),
    '/a '.repeat(LONG / 4),
    'accept-proxy '.repeat(1000),
  ]),
  ...plain([`${'a'.repeat(254)}.${'b'.repeat(254)}`]),
];
