import { hash } from 'node:crypto';
import { common, each, whole } from '../lib/lists.ts';
import type { BackendSection, Document, Fragment, MapFile } from '../model/document.ts';
import type { AppId, BackendName } from '../model/names.ts';
import type { Service } from '../model/service.ts';
import { makeBackendSection } from './backend.ts';
import { OPENERS } from './backend-traits.ts';
import { essence, fragmentsText } from './same-sections.ts';
import { SPARES_MAP } from './settings.ts';
import type { Templates } from './templates.ts';

/** The names of spare backends begin with this. */
const PREFIX = 'marathon_lb_spare_';

/** Whether a backend is a spare one, by its name. */
export function isSpare(backend: string): boolean {
  return backend.startsWith(PREFIX);
}

/**
 * The beginning of the keys under which the map says which backend a spare backend serves. No request looks them up: hosts are looked up in lower
 * case.
 */
const SERVES = 'Serves:';

/** The key in the map of spare backends whose value is the backend in whose place the spare backend serves. */
export function keyOfSpare(spare: BackendName): string {
  return `${SERVES}${spare}`;
}

/** The spare backend that a key is about; undefined for the key of a virtual host. */
export function spareOfKey(key: string): BackendName | undefined {
  return key.startsWith(SERVES) ? (key.slice(SERVES.length) as BackendName) : undefined;
}

/** Which backends spare ones serve in place of, by the name of the spare one. HAProxy itself remembers it, in its map of spare backends. */
export function servedBySpares({ maps }: Pick<Document, 'maps'>): ReadonlyMap<BackendName, BackendName> {
  const map: MapFile | undefined = maps[SPARES_MAP];
  if (map === undefined || map.size === 0) return NONE;
  const rows = Array.from(map, ([key, to]) => [spareOfKey(key), to] as const);
  return new Map(rows.flatMap(([spare, to]) => (spare === undefined ? [] : [[spare, to] as const])));
}

const NONE: ReadonlyMap<BackendName, BackendName> = new Map();

/**
 * The document as it is shown to people: a spare backend that serves a port has the name of the port's own backend, in the maps and among the backends.
 * Only the map that says which port a spare backend serves stays as it is. Returns the same object when no spare backend serves.
 */
export function namedAsOwn(document: Document): Document {
  const served = servedBySpares(document);
  if (served.size === 0) return document;
  const own = (document.spares ?? []).flatMap((section) => {
    const backend = served.get(section.backend);
    return backend === undefined
      ? []
      : [{ ...section, name: `backend ${backend}`, backend, fragments: renamed(section.fragments, backend) }];
  });
  return { ...document, backends: [...document.backends, ...own], maps: mapsAsOwn(document.maps, served) };
}

function mapsAsOwn(maps: Document['maps'], served: ReadonlyMap<BackendName, BackendName>): Document['maps'] {
  const files = Object.entries(maps).map(([file, map]) => {
    const rows = Array.from(map, ([key, to]) => [key, served.get(to) ?? to] as const);
    return [file, new Map(rows)] as const;
  });
  return Object.fromEntries(files);
}

/** The name in the first line of a backend. */
const TITLE = /^([ \t]*backend[ \t]+)\S+/m;

/**
 * What HAProxy reads of a backend apart from its name and its servers: backends of the same class differ in nothing else. Undefined where no
 * spare backend can serve in its place, because its lines name the backend, or begin other sections.
 */
export function classOf(section: BackendSection): string | undefined {
  if (section.name !== `backend ${section.backend}`) return undefined;
  const lines = essence(fragmentsText(section));
  const text = lines.replace(TITLE, '$1');
  const opened = text.split('\n').filter((line) => OPENERS.has(line.trim().split(/\s+/, 1)[0] ?? ''));
  return opened.length === 1 && !text.includes(section.backend) ? text : undefined;
}

/** So many classes beside the default one have spare backends. */
const MOST_CLASSES = 12;

/**
 * Returns a function that makes the spare backends of a document: `perClass` of the class that an app without labels but its virtual host has, and as
 * many of each of the classes that most of the given backends have. The result is the same list while the classes are the same.
 */
export function makeSpares(perClass: number, templates: Templates): (backends: readonly BackendSection[]) => readonly BackendSection[] {
  const patternsOf = makePatterns(templates);
  const spares = whole((patterns: readonly BackendSection[]) =>
    patterns.flatMap((section) => sparesLike(section, hashOf(section), perClass)),
  );
  return (backends) => spares(patternsOf(backends));
}

/**
 * Returns a function that finds a backend of each class that new apps may be of: the class that an app without labels but its virtual host has, and
 * those that most of the given backends have. The result is the same list while the classes are the same.
 */
export function makePatterns(
  templates: Templates,
  isFit: (section: BackendSection) => boolean = () => true,
): (backends: readonly BackendSection[]) => readonly BackendSection[] {
  const plain = ofOperator(makeBackendSection(PLAIN, { templates, folder: '', outlives: false }));
  const classes = each((section: BackendSection) => (section.inSpare?.why === undefined && isFit(section) ? hashOf(section) : ''));
  let last: { readonly classes: readonly string[]; readonly patterns: readonly BackendSection[] } | undefined;
  return (backends) => {
    const now = classes(backends);
    if (last?.classes.length !== now.length || common(last.classes, now).head < now.length) {
      const used = mostUsed(now).map((of) => [of, backends[now.indexOf(of)] ?? plain] as const);
      const patterns = new Map([...(isFit(plain) ? [[hashOf(plain), plain] as const] : []), ...used]);
      patterns.delete('');
      last = { classes: now, patterns: [...patterns.values()] };
    }
    return last.patterns;
  };
}

function hashOf(section: BackendSection): string {
  const text = classOf(section);
  return text === undefined ? '' : hash('sha256', text).slice(0, 8);
}

/** The classes of most backends; of those with as many, the first by their hash. */
function mostUsed(classes: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const one of classes) if (one !== '') counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, MOST_CLASSES)
    .map(([one]) => one);
}

function sparesLike(section: BackendSection, of: string, count: number): readonly BackendSection[] {
  return Array.from({ length: count }, (_, i) => {
    const backend = `${PREFIX}${of}_${i + 1}` as BackendName;
    return { name: `backend ${backend}`, backend, fragments: renamed(section.fragments, backend), servers: new Map(), leaving: new Set() };
  });
}

/** The same fragments, with this name in their title. */
function renamed(fragments: readonly Fragment[], backend: BackendName): readonly Fragment[] {
  const at = fragments.findIndex(({ text }) => TITLE.test(text));
  const rename = (text: string): string => text.replace(TITLE, (_, before: string) => `${before}${backend}`);
  return fragments.map((fragment, i) => {
    if (i !== at) return fragment;
    const { standard, text } = fragment;
    return { ...fragment, text: rename(text), ...(standard && { standard: () => rename(standard()) }) };
  });
}

/** A port with a virtual host and nothing else. */
const PLAIN: Service = {
  front: {
    app: '/marathon-lb-spare' as AppId,
    index: 0,
    name: `${PREFIX}plain` as BackendName,
    port: 0,
    mode: 'http',
    bind: undefined,
    routes: [{ host: 'spare.invalid', path: undefined }],
    auth: undefined,
    redirectToHttps: false,
    weight: 0,
    changedAt: undefined,
    overrides: {},
  },
  backend: {
    options: {
      balance: 'roundrobin',
      sticky: false,
      hsts: false,
      proxyPassPath: undefined,
      reverseProxyPath: undefined,
      rootRedirect: undefined,
      allowedNetworks: [],
      check: undefined,
    },
    servers: [],
    leaving: [],
  },
};

/** No app has a part in it, so what HAProxy says against it is the operator's. */
function ofOperator(section: BackendSection): BackendSection {
  return { ...section, fragments: section.fragments.map((fragment): Fragment => ({ ...fragment, owner: { by: 'operator' } })) };
}
