import type { Fragment, Section } from '../model/document.ts';
import { ownerOf } from './owners.ts';
import type { Acls } from './conditions.ts';
import { wordsOfLine } from './words-of-line.ts';

/** A line of a frontend that decides what becomes of a request. */
export interface Rule {
  readonly kind: 'auth' | 'deny' | 'redirect' | 'use' | 'set';
  /** Without the words of its condition. */
  readonly words: readonly string[];
  /** `if` or `unless` and what is behind it; empty where it has none. */
  readonly condition: readonly string[];
  /** As it stands in the file, without blanks around it. */
  readonly line: string;
  /** The section that it stands in. */
  readonly where: string;
  readonly fragment: Fragment;
}

/** What of a frontend decides where requests go, in the order in which HAProxy looks at it. */
export interface Rules {
  readonly acls: Acls;
  readonly rules: readonly Rule[];
}

/** http-request rules come before redirects, these before use_backend, and default_backend is last, wherever they stand [haproxy: proxies]. */
const ORDER: Readonly<Record<string, number>> = { 'http-request': 0, redirect: 1, use_backend: 2, default_backend: 3 };

/** The rules of a frontend that can concern a host. */
export function rulesOf(section: Section, host: string): Rules {
  return readRules(section.name, concerned(section, host));
}

/** All rules of a frontend. */
export function allRulesOf({ name, fragments }: Section): Rules {
  return readRules(name, fragments);
}

function readRules(where: string, fragments: readonly Fragment[]): Rules {
  const acls = new Map<string, (readonly string[])[]>();
  const found: { readonly order: number; readonly rule: Rule }[] = [];
  for (const fragment of fragments) {
    for (const line of fragment.text.split('\n')) {
      const words = wordsOfLine(line);
      const [first = '', second = '', ...rest] = words;
      if (first === 'acl') acls.set(second, [...(acls.get(second) ?? []), rest]);
      const order = ORDER[first];
      const kind = order === undefined ? undefined : kindOf(words);
      if (order === undefined || kind === undefined) continue;
      const at = words.findIndex((word) => word === 'if' || word === 'unless');
      const [own, condition] = at < 0 ? [words, []] : [words.slice(0, at), words.slice(at)];
      found.push({ order, rule: { kind, words: own, condition, line: line.trim(), where, fragment } });
    }
  }
  return { acls, rules: found.sort((a, b) => a.order - b.order).map(({ rule }) => rule) };
}

function kindOf([first = '', second = '']: readonly string[]): Rule['kind'] | undefined {
  if (first === 'use_backend' || first === 'default_backend') return 'use';
  if (first === 'redirect' || second === 'redirect') return 'redirect';
  if (second === 'auth') return 'auth';
  if (['deny', 'reject', 'tarpit', 'return', 'silent-drop'].includes(second)) return 'deny';
  return second.startsWith('set-var') ? 'set' : undefined;
}

/**
 * The fragments that a request for a host can meet. The default rules of an app name its hosts; those of an app that does not name this one are
 * passed over, so that a question costs little where 10,000 apps have rules. Rules out of labels and of operators may match anything.
 */
function concerned({ fragments }: Section, host: string): readonly Fragment[] {
  const isDefault = ({ owner, label, standard }: Fragment): boolean => owner.by === 'app' && label === undefined && standard === undefined;
  const named = new Set(fragments.filter(({ text }) => text.toLowerCase().includes(host)).map(ownerOf));
  return fragments.filter((fragment) => !isDefault(fragment) || named.has(ownerOf(fragment)));
}
