import type { Fragment, Section } from '../model/document.ts';
import { naming } from './naming.ts';
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
export interface FrontendRules {
  readonly acls: Acls;
  readonly rules: readonly Rule[];
}

/** http-request rules come before redirects, these before use_backend, and default_backend is last, wherever they stand [haproxy: proxies]. */
const ORDER: Readonly<Record<string, number>> = { 'http-request': 0, redirect: 1, use_backend: 2, default_backend: 3 };

/** The rules of a frontend that can concern a host. */
export function rulesOf(section: Section, host: string): FrontendRules {
  return readRules(section.name, concerned(section, host));
}

/** All rules of a frontend. */
export function allRulesOf({ name, fragments }: Section): FrontendRules {
  return readRules(name, fragments);
}

function readRules(where: string, fragments: readonly Fragment[]): FrontendRules {
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

/** The template of the rules by which the https frontend of --group-https-by-vhost finds the frontend of a host. */
const BY_HOST = 'HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_ACL';

/**
 * The fragments that a request for a host can meet. The default rules of an app name its hosts, and so does the rule for each host of
 * --group-https-by-vhost; those that do not name this host are passed over, so that a question costs little where 10,000 apps have rules. Rules out
 * of labels and of operators may match anything.
 */
function concerned({ fragments }: Section, host: string): readonly Fragment[] {
  const names = naming(host);
  const named = new Set<string>();
  for (const fragment of fragments) if (fragment.owner.by === 'app' && names(fragment.text)) named.add(ownerOf(fragment));
  return fragments.filter((fragment) => {
    const { owner, label, standard, template, text } = fragment;
    if (label !== undefined || standard !== undefined) return true;
    return owner.by === 'app' ? named.has(ownerOf(fragment)) : template !== BY_HOST || names(text);
  });
}
