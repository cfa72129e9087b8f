import type { BackendSection, Fragment, Section } from '../model/document.ts';

/** The words of one line of the configuration; the first word is the directive. */
type Directive = readonly string[];

/** One `defaults` section of a file. */
export interface Defaults {
  readonly name: string | undefined;
  readonly directives: readonly Directive[];
}

/** What decides which runtime commands a backend accepts. */
export interface Traits {
  /** Whether servers can be added and removed at runtime: a map-based or static algorithm counts its servers only once. */
  readonly isDynamic: boolean;
  /** Why no server can be added while HAProxy runs; undefined when servers can be added. */
  readonly noAddition: string | undefined;
  /** Whether something in the backend may refer to a server, which HAProxy then refuses to delete. */
  readonly refersToServers: boolean;
}

/** All `defaults` sections in the front sections, in order. */
export function readDefaults(front: readonly Section[]): readonly Defaults[] {
  const all: { name: string | undefined; directives: Directive[] }[] = [];
  let current: Directive[] | undefined;
  for (const { fragments } of front) {
    if (!fragments.some(({ text }) => /^[ \t]*(?:defaults|balance|hash-type|default-server)\b/m.test(text))) {
      current = undefined;
      continue;
    }
    for (const directive of directivesOf(fragments)) {
      const [word = '', name] = directive;
      if (word === 'defaults') all.push({ name, directives: (current = []) });
      else if (OPENERS.has(word)) current = undefined;
      else current?.push(directive);
    }
  }
  return all;
}

/** The keywords that open a section. */
export const OPENERS: ReadonlySet<string> = new Set(
  [
    'global defaults listen frontend backend userlist peers resolvers mailers program cache http-errors ring log-forward fcgi-app',
    'crt-store traces log-profile acme namespace_list',
  ].flatMap((line) => line.split(' ')),
);

/** Algorithms that choose a server by a hash. They accept new servers at runtime only with `hash-type consistent`. */
const HASHES: ReadonlySet<string> = new Set(['source', 'uri', 'url_param', 'hdr', 'rdp-cookie', 'hash']);
const DYNAMIC: ReadonlySet<string> = new Set(['roundrobin', 'leastconn', 'first', 'random']);

/** The traits of a backend as HAProxy runs it. */
export function traitsOf(section: BackendSection, defaults: readonly Defaults[]): Traits {
  const own = directivesOf(section.fragments);
  const inherited = defaultsOf(own, defaults);
  const last = (word: string): Directive | undefined =>
    own.findLast(([first]) => first === word) ?? inherited.findLast(([first]) => first === word);
  const balance = last('balance')?.[1] ?? 'roundrobin';
  const algorithm = balance.replace(/\(.*/, '');
  const isDynamic = DYNAMIC.has(algorithm) || (HASHES.has(algorithm) && last('hash-type')?.[1] === 'consistent');
  return {
    isDynamic,
    noAddition: !isDynamic
      ? `'balance ${balance}' accepts new servers only from HAProxy's file${HASHES.has(algorithm) ? ", unless there is 'hash-type consistent'" : ''}`
      : last('default-server') !== undefined
        ? "HAProxy does not use 'default-server' for servers added at runtime"
        : undefined,
    refersToServers:
      own.some((words) => words[0] === 'use-server' || words.includes('track')) ||
      [...section.servers.values()].some(({ text }) => /\strack\s/.test(text)),
  };
}

/** The directives of the `defaults` section that applies to a backend: the one it names with `from`, or the last one. */
function defaultsOf(own: readonly Directive[], defaults: readonly Defaults[]): readonly Directive[] {
  const head = own.find(([word]) => word === 'backend');
  const from = head?.[2] === 'from' ? head[3] : undefined;
  const found = from === undefined ? defaults.at(-1) : defaults.findLast(({ name }) => name === from);
  return found?.directives ?? [];
}

function directivesOf(fragments: readonly Fragment[]): readonly Directive[] {
  return fragments.flatMap(({ text }) =>
    text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([word = '']) => word !== '' && !word.startsWith('#')),
  );
}

/** The names of servers in a backend's own text. These are the operator's servers, which do not come and go with tasks. */
export function serversInText({ fragments }: BackendSection): ReadonlySet<string> {
  return new Set(directivesOf(fragments).flatMap(([word, name]) => (word === 'server' && name !== undefined ? [name] : [])));
}
