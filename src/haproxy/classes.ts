import { hash } from 'node:crypto';
import { each } from '../lib/lists.ts';
import type { BackendSection, Fragment, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { OPENERS } from './backend-traits.ts';
import { isAtLeast } from './release.ts';
import { fragmentsText } from './same-sections.ts';
import { classOf, makePatterns } from './spares.ts';
import type { Templates } from './templates.ts';

/** The names of the `defaults` sections begin with this from which HAProxy makes backends while it runs. */
const PREFIX = 'marathon_lb_class_';

/** Whether HAProxy can be given backends while it runs [haproxy 3.4: `add backend`]. */
export function takesBackends(release: Release): boolean {
  return isAtLeast(release, 3, 4);
}

/** Whether a section, by its name without the keyword, is one from which backends are made. */
export function isClassName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/**
 * The name of the `defaults` section from which a backend with these lines is made; undefined for lines that name the backend, that open other
 * sections, or that such a section can't have.
 */
export function classNameOf(section: BackendSection): BackendName | undefined {
  const text = classOf(section);
  if (text === undefined || unfitLine(text) !== undefined) return undefined;
  return `${PREFIX}${hash('sha256', text).slice(0, 8)}` as BackendName;
}

/** The first line of a backend that HAProxy does not take in a `defaults` section; undefined when there is none. */
export function unfitLine(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => !isComment(line) && !/^backend\b/.test(line) && !ALLOWED.has(line.split(/\s+/, 1)[0] ?? ''));
}

function isComment(line: string): boolean {
  return line === '' || line.startsWith('#');
}

/**
 * What a backend may say that a `defaults` section may say too, and that means the same there [haproxy 3.4.7, each tried with `haproxy -c`]. Refused
 * are among others stick-table, stick, redirect, use-server, server, filter, declare, id, guid and force-persist.
 */
const ALLOWED: ReadonlySet<string> = new Set(
  [
    'acl balance compression cookie errorfile errorfiles fullconn hash-type http-after-response http-check http-request http-response http-reuse',
    'http-send-name-header log mode no option retries retry-on source tcp-check tcp-request tcp-response timeout',
  ].flatMap((line) => line.split(' ')),
);

/**
 * Returns a function that makes, for the head of a document and its backends, the `defaults` sections from which HAProxy makes more backends: one for
 * an app without labels but its virtual host, and one for each of the classes that most backends have. They stand behind all other sections, because
 * HAProxy takes an unnamed reference to be to the last `defaults` before it.
 */
export function makeClasses(templates: Templates): (head: Section, backends: readonly BackendSection[]) => readonly BackendSection[] {
  const patternsOf = makePatterns(templates, (section) => isOfTemplates(section) && classNameOf(section) !== undefined);
  const inherited = each((head: Section) => inheritedOf(fragmentsText(head)));
  let last: { readonly given: Inherited | undefined; readonly patterns: ReturnType<typeof patternsOf>; readonly made: readonly BackendSection[] } | undefined; // prettier-ignore
  return (head, backends) => {
    const [given] = inherited([head]);
    const patterns = patternsOf(backends);
    if (last?.given !== given || last?.patterns !== patterns)
      last = { given, patterns, made: patterns.flatMap((pattern) => classLike(pattern, given ?? NOTHING)) };
    return last.made;
  };
}

/** Whether no line comes from a label: lines that only one app has are not worth a class, and HAProxy may not take them in a `defaults` section. */
function isOfTemplates({ fragments }: BackendSection): boolean {
  return fragments.every(({ label }) => label === undefined);
}

/** What backends have of the head's last `defaults` section. */
interface Inherited {
  /** The words behind its name: ` from http`. */
  readonly from: string;
  /** Its lines. */
  readonly lines: string;
}

const NOTHING: Inherited = { from: '', lines: '' };

function inheritedOf(head: string): Inherited {
  const lines = head.split('\n');
  const start = lines.findLastIndex((line) => /^\s*defaults(?:\s|$)/.test(line));
  if (start < 0) return NOTHING;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => OPENERS.has(line.trim().split(/\s+/, 1)[0] ?? ''));
  const from = /\sfrom\s+\S+/.exec(lines[start] ?? '')?.[0].trim() ?? '';
  const own = (end < 0 ? rest : rest.slice(0, end)).filter((line) => !isComment(line.trim()));
  return { from: from === '' ? '' : ` ${from}`, lines: own.map((line) => `${line}\n`).join('') };
}

const TITLE = /^[ \t]*backend[ \t]+\S+(.*\n?)/m;

function classLike(pattern: BackendSection, { from, lines }: Inherited): readonly BackendSection[] {
  const backend = classNameOf(pattern);
  if (backend === undefined) return [];
  const own = TITLE.exec(fragmentsText(pattern))?.[1]?.trim() ?? '';
  const text = own === '' ? `\ndefaults ${backend}${from}\n${lines}` : `\ndefaults ${backend} ${own}\n`;
  const head: Fragment = { template: 'HAPROXY_HEAD', owner: { by: 'operator' }, text };
  const fragments = [head, ...pattern.fragments.map(untitled)];
  return [{ name: `defaults ${backend}`, backend, fragments, servers: new Map(), leaving: new Set() }];
}

/** The same lines without the one that begins the backend, and without blank lines and comments before it. */
function untitled(fragment: Fragment): Fragment {
  const { standard, text } = fragment;
  return { ...fragment, text: bodyOf(text), ...(standard && { standard: () => bodyOf(standard()) }) };
}

function bodyOf(text: string): string {
  const title = TITLE.exec(text);
  return title === null ? text : text.slice(title.index + title[0].length);
}
