import { byText } from '../lib/lists.ts';
import type { Document, Section } from '../model/document.ts';
import { entryOf } from './route.ts';

/** What a regular expression of the routing table leads to, as its rule says it: a backend, or the name of a split (`+a+b`). */
interface Pattern {
  readonly host: string;
  /** `~ ^/v[0-9]+/`: the expression, marked as one. */
  readonly path: string;
  readonly to: string;
}

/** A regular expression that leads elsewhere, or that only one of two documents has. */
export interface PatternDiff {
  readonly host: string;
  readonly path: string;
  /** Undefined where the document has no such expression. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Compares the routes by regular expression (`HAPROXY_n_PATH_TYPE=regex`) of one frontend of two documents: by host and expression as they are
 * written, because which paths an expression matches can't be listed.
 */
export function diffPatterns(before: Document, after: Document, secure: boolean): readonly PatternDiff[] {
  const [was, now] = [patternsOf(before, secure), patternsOf(after, secure)];
  const keys = [...new Set([...was.keys(), ...now.keys()])].sort(byText);
  return keys.flatMap((key): readonly PatternDiff[] => {
    const [one, other] = [was.get(key), now.get(key)];
    const known = other ?? one;
    if (known === undefined || one?.to === other?.to) return [];
    return [{ host: known.host, path: known.path, before: one?.to, after: other?.to }];
  });
}

/** The patterns of a frontend and, on a shared https port, of the frontends of its hosts. */
function patternsOf(document: Document, secure: boolean): ReadonlyMap<string, Pattern> {
  const entry = entryOf(document, secure);
  if (entry === undefined) return new Map();
  const ofHosts = secure ? document.front.filter(({ fragments }) => fragments.some(({ text }) => text.includes('bind abns@'))) : [];
  const all = [entry, ...ofHosts].flatMap(patternsIn);
  return new Map(all.map((pattern) => [`${pattern.host} ${pattern.path}`, pattern]));
}

function patternsIn({ fragments }: Section): readonly Pattern[] {
  const lines = fragments.flatMap(({ text }) => text.split('\n'));
  return lines.flatMap((line) => patternIn(line.trim().split(' ')));
}

/** `http-request set-var(txn.x) str(TO) if { var(txn.y) -m str HOST } { path -m reg ^EXPRESSION }`, as table-lines.ts writes it. */
function patternIn(words: readonly string[]): readonly Pattern[] {
  const [action, , value = '', , , , , how, host = '', , , what, , match, expression = ''] = words;
  if (action !== 'http-request' || how !== 'str' || what !== 'path' || match !== 'reg') return [];
  return [{ host, path: `~ ${expression}`, to: value.slice('str('.length, -1) }];
}
