/** One thing that HAProxy has against a configuration. */
export interface Complaint {
  /** HAProxy's own words, without who says it, and where it stands. */
  readonly words: string;
  /** The line of the file that it begins with. */
  readonly line: number | undefined;
  /** Lines of the file that it mentions further on: 'declared at haproxy.cfg:11'. */
  readonly mentioned: readonly number[];
  /** Proxies and userlists that it names, in order. */
  readonly names: readonly Named[];
  /** What else stands in quotes, in order. */
  readonly quoted: readonly string[];
}

/** A section that a complaint is about. */
export interface Named {
  /** 'any': it says 'proxy'. */
  readonly kind: 'any' | 'frontend' | 'backend' | 'listen' | 'userlist';
  readonly name: string;
}

/** What HAProxy's lines complain of, and how far it has read; with or without what is only a warning, a sum, or a line that shows something. */
export function readComplaints(lines: readonly string[]): { readonly complaints: readonly Complaint[]; readonly reached: number } {
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  const told = (alerts.length > 0 ? alerts : lines).filter((line) => line.trim() !== '').map(withoutSpeaker);
  const reached = Math.max(0, ...told.map((text) => placeOf(text)?.line ?? 0));
  return { complaints: told.filter((text) => !SUM.test(text)).map(readComplaint), reached };
}

/**
 * One of HAProxy's lines, with places in other files than this one as words: `FILE, line 9`. What a line of the configuration leads to
 * (`filter spoe … config FILE`) has lines of its own, which are none of the document's.
 */
export function withoutOtherFiles(line: string, file: string): string {
  return line.replace(PLACE, (place: string, before: string, where: string, at: string) =>
    where === file ? place : `${before}${where}, line ${at}`,
  );
}

/** Of what stands in other lines. */
const SUM = /^Error\(s\) found in|Fatal errors found in|too many fatal errors|Failed to initialize server\(s\) addr/;

/** `[ALERT]    (77) : config : config: ` */
function withoutSpeaker(line: string): string {
  return line.replace(/^\[\w+\]\s*(?:\(\d+\)\s*)?:\s*/, '').replace(/^(?:config\s*:\s*)+/, '');
}

interface AtLine {
  readonly line: number;
  readonly rest: string;
}

/** `parsing [/etc/haproxy/haproxy.cfg:13] : `, `Parsing [F:13]: `, `[F:13] : ` */
function placeOf(text: string): AtLine | undefined {
  const [, line, rest = ''] = /^(?:[Pp]arsing\s+)?\[[^\]]*[^\]:]:(\d+)\]\s*:?\s*(.*)$/s.exec(text) ?? [];
  return line === undefined ? undefined : { line: Number(line), rest };
}

function readComplaint(text: string): Complaint {
  const place = placeOf(text);
  const words = (place?.rest ?? text).replace(/[\s.:]+$/, '');
  const isAtTheEnd = words.includes('non-terminated'); // of the file, wherever it began
  return {
    words,
    line: isAtTheEnd ? undefined : place?.line,
    mentioned: Array.from(words.replace(QUOTED, ' ').matchAll(PLACE), ([, , , line]) => Number(line)),
    names: Array.from(words.matchAll(NAMED), ([, kind = '', name = '']) => named(kind.toLowerCase(), name)),
    quoted: Array.from(words.replace(NAMED, ' ').matchAll(QUOTED), ([, inside = '']) => inside),
  };
}

const QUOTED = /'([^']*)'/g;
const PLACE = /([[(]|\bat )([^\s[\]():]*\/[^\s[\]():]*):(\d+)/g;
const NAMED = /\b(proxy|frontend|backend|listen|userlist|server)\s+'([^']+)'/gi;

function named(kind: string, name: string): Named {
  if (kind === 'server') return { kind: 'backend', name: name.replace(/\/.*$/, '') };
  return { kind: kind === 'proxy' ? 'any' : (kind as Named['kind']), name };
}

/** What is the same in two complaints of the same kind. */
export function gistOf(words: string): string {
  return words
    .replace(QUOTED, '*')
    .replace(/<[^>]*>/g, '*')
    .replace(/\S*[\d_/]\S*/g, '*');
}
