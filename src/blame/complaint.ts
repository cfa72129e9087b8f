import { withoutEnd } from '../lib/without-end.ts';

/** One of HAProxy's complaints about a configuration. */
export interface Complaint {
  /** HAProxy's words, without the log prefix and without the place in the file. */
  readonly words: string;
  /** The line number at the start of the complaint; undefined when it has none. */
  readonly line: number | undefined;
  /** Line numbers mentioned later in the complaint: 11 in 'declared at haproxy.cfg:11'. */
  readonly mentioned: readonly number[];
  /** The proxies and userlists that the complaint names, in order. */
  readonly names: readonly NamedSection[];
  /** All other quoted words, in order. */
  readonly quoted: readonly string[];
}

/** A section that a complaint names. */
export interface NamedSection {
  /** 'any' when HAProxy says 'proxy'. */
  readonly kind: 'any' | 'frontend' | 'backend' | 'listen' | 'userlist';
  readonly name: string;
}

/**
 * Reads HAProxy's output as complaints. `reached` is the highest line number in it, which is how far HAProxy got. When there are alerts, warnings and
 * other lines are ignored; summary lines always are.
 */
export function readComplaints(lines: readonly string[]): { readonly complaints: readonly Complaint[]; readonly reached: number } {
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  const told = (alerts.length > 0 ? alerts : lines).filter((line) => line.trim() !== '').map(withoutSpeaker);
  const reached = Math.max(0, ...told.map((text) => placeOf(text)?.line ?? 0));
  return { complaints: told.filter((text) => !SUM.test(text)).map(readComplaint), reached };
}

/**
 * Replaces places in files other than `file` in one of HAProxy's lines by words: `FILE, line 9`. A file that the configuration includes (`filter spoe
 * … config FILE`) has its own line numbers, which must not be taken for lines of the document.
 */
export function withoutOtherFiles(line: string, file: string): string {
  return line.replace(PLACE, (place: string, before: string, where: string, at: string) =>
    where === file ? place : `${before}${where}, line ${at}`,
  );
}

/** Lines that only summarise other lines. */
const SUM = /^Error\(s\) found in|Fatal errors found in|too many fatal errors|Failed to initialize server\(s\) addr/;

/** Removes the prefix `[ALERT] (77) : config : config: `. */
function withoutSpeaker(line: string): string {
  return line.replace(/^\[\w+\]\s*(?:\(\d+\)\s*)?:\s*/, '').replace(/^(?:config\s*:\s*)+/, '');
}

interface AtLine {
  readonly line: number;
  readonly rest: string;
}

/** Reads the place at the start: `parsing [/etc/haproxy/haproxy.cfg:13] : `, `Parsing [F:13]: ` or `[F:13] : `. */
function placeOf(text: string): AtLine | undefined {
  const [, place = '', rest = ''] = /^(?:[Pp]arsing\s+)?\[([^\]]*)\](.*)$/s.exec(text) ?? [];
  const [, line] = /[^:]:(\d+)$/.exec(place) ?? [];
  return line === undefined ? undefined : { line: Number(line), rest: rest.replace(/^\s*:?\s*/, '') };
}

function readComplaint(text: string): Complaint {
  const place = placeOf(text);
  const words = withoutEnd(place?.rest ?? text, ' \t\r\n.:');
  const isAtTheEnd = words.includes('non-terminated'); // the line is the end of the file, not where the section began
  return {
    words,
    line: isAtTheEnd ? undefined : place?.line,
    mentioned: Array.from(words.replace(QUOTED, ' ').matchAll(PLACE), ([, , , line]) => Number(line)),
    names: Array.from(words.matchAll(NAMED), ([, kind = '', name = '']) => named(kind.toLowerCase(), name)),
    quoted: Array.from(words.replace(NAMED, ' ').matchAll(QUOTED), ([, inside = '']) => inside),
  };
}

const QUOTED = /'([^']*)'/g;
const PLACE = /([[(]|\bat )([^\s[\]():/]*\/[^\s[\]():]*):(\d+)/g;
const NAMED = /\b(proxy|frontend|backend|listen|userlist|server)\s+'([^']+)'/gi;

function named(kind: string, name: string): NamedSection {
  if (kind === 'server') return { kind: 'backend', name: name.split('/', 1)[0] ?? '' };
  return { kind: kind === 'proxy' ? 'any' : (kind as NamedSection['kind']), name };
}

/** Replaces names and numbers in a complaint by '*', so that two complaints of the same kind have the same text. */
export function gistOf(words: string): string {
  return words
    .replace(QUOTED, '*')
    .replace(/<[^<>]*>/g, '*')
    .replace(/\S+/g, (word) => (/[\d_/]/.test(word) ? '*' : word));
}
