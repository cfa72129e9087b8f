import { lazily } from '../lib/lazily.ts';
import { each } from '../lib/lists.ts';
import { unlike, withoutPlaces } from '../lib/unlike.ts';
import type { BackendSection, Document, Running, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { traitsOf, type Defaults } from '../haproxy/backend-traits.ts';
import { isByRules } from '../haproxy/in-spare.ts';
import { classOf, servedBySpares } from '../haproxy/spares.ts';
import { planServers } from './plan-servers.ts';
import { ownersOf, whyNotByRules, withoutRules } from './spare-fronts.ts';
import { hasItsRows, mapsWithSpares, rowsKey, type Serving } from './spare-rows.ts';

/** What HAProxy runs, and what it should run. */
export interface SpareParts {
  readonly running: Running;
  readonly wanted: Document;
  readonly release: Release | undefined;
  readonly defaults: () => readonly Defaults[];
}

/** How much of the wanted document can be served by spare backends. */
export interface IntoSpares {
  /** The wanted document with spare backends in place of those that HAProxy does not have yet. */
  readonly toward: Document;
  /** Why a new backend is not served by a spare one, by its name. */
  readonly why: ReadonlyMap<BackendName, string>;
  /** The names of the backends that spare ones serve, by the name of the spare one. */
  readonly serving: ReadonlyMap<BackendName, BackendName>;
}

const NONE: ReadonlyMap<BackendName, BackendName> = new Map();

/**
 * Returns a function that gives spare backends to ports whose backend HAProxy does not have yet. A spare backend is given to nobody else until its last
 * server is gone: HAProxy's map of spare backends says whom each serves, and is changed before and after its servers. The same input gives the same
 * objects.
 */
export function makeIntoSpares(): (parts: SpareParts) => IntoSpares {
  const assemble = makeAssemble();
  const classesOf = each(classOf);
  return (parts) => {
    const { running, wanted, release } = parts;
    const { spares } = running.document;
    if (spares === undefined || wanted.spares === undefined || release === undefined) return { toward: wanted, why: NONE, serving: NONE };
    const found = findFresh(running.document, wanted);
    const kept = keptOf(found, spares, { running, wanted });
    const { given, why } = giveOut(
      found.fresh,
      [...kept, ...found.fresh.map((section) => ({ section }))].map(({ section }) => section),
      {
        ...parts,
        free: lazily(() => freeOf(running, { spares, classes: classesOf(spares), owned: found.owned })),
      },
    );
    const serving = [...kept, ...given];
    for (const { spare, section, isHeld } of kept)
      if (isHeld) why.set(section.backend, `${spare}, which serves it, has other lines or can't stand for its rules`);
    return {
      toward: assemble({ ...parts, serving, found }),
      why,
      serving: new Map([...found.owned, ...serving.map(({ spare, section }) => [spare, section.backend] as const)]),
    };
  };
}

/** The new backends of a document. */
interface Fresh {
  /** Whom spare backends serve, as HAProxy remembers it. */
  readonly owned: ReadonlyMap<BackendName, BackendName>;
  /** The wanted backends in `owned` that HAProxy does not have. */
  readonly served: ReadonlyMap<BackendName, BackendSection>;
  /** All other backends that HAProxy does not have. */
  readonly fresh: readonly BackendSection[];
  /** The places of all these in the wanted document. */
  readonly places: readonly number[];
}

function findFresh(document: Document, wanted: Document): Fresh {
  const owned = servedBySpares(document);
  const names = new Set(owned.values());
  const others = unlike(document.backends, wanted.backends);
  const had = new Set(others.before.map((place) => document.backends[place]?.backend));
  const places = others.after.filter((place) => !had.has(wanted.backends[place]?.backend));
  const lacking = places.flatMap((place) => wanted.backends[place] ?? []);
  const fresh = lacking.filter(({ backend }) => !names.has(backend));
  const served = lacking.filter(({ backend }) => names.has(backend));
  return { owned, fresh, served: new Map(served.map((section) => [section.backend, section])), places };
}

/** The spare backends that go on to serve. One whose lines do not fit any more, or that can't have its new rows, is held until the reload. */
function keptOf(
  { owned, served, fresh }: Fresh,
  spares: readonly BackendSection[],
  { running, wanted }: Pick<SpareParts, 'running' | 'wanted'>,
): readonly Serving[] {
  const rules = { before: running.document, after: wanted, fresh: [...served.values(), ...fresh] };
  const kept: Serving[] = [];
  const taken = new Set<BackendName>();
  for (const { backend: spare, ...rest } of spares) {
    const section = served.get(owned.get(spare) ?? ('' as BackendName));
    if (section === undefined || taken.has(section.backend)) continue;
    taken.add(section.backend);
    const fits =
      section.inSpare?.why === undefined &&
      classOf(section) === classOf({ ...rest, backend: spare }) &&
      (hasItsRows({ spare, section }, running.document) || whyNotByRules(section, rules) === undefined);
    kept.push({ spare, section, ...(!fits && { isHeld: true }) });
  }
  return kept;
}

/** The spare backends, each with its class, and whom they serve. */
interface Spares {
  readonly spares: readonly BackendSection[];
  readonly classes: readonly (string | undefined)[];
  readonly owned: ReadonlyMap<BackendName, BackendName>;
}

/** The spare backends that serve nobody and have nothing left of whom they served, by class. */
function freeOf({ exceptions, lost }: Running, { spares, classes, owned }: Spares): ReadonlyMap<string, BackendSection[]> {
  const busy = new Set(Array.from(exceptions.values(), ({ backend }) => backend));
  const free = new Map<string, BackendSection[]>();
  for (const [i, section] of spares.entries()) {
    const { backend, servers } = section;
    if (servers.size > 0 || busy.has(backend) || lost.has(backend) || owned.has(backend)) continue;
    const of = classes[i] ?? '';
    const known = free.get(of);
    if (known === undefined) free.set(of, [section]);
    else known.push(section);
  }
  return free;
}

interface GiveOutParts extends SpareParts {
  readonly free: () => ReadonlyMap<string, BackendSection[]>;
}

function giveOut(fresh: readonly BackendSection[], all: readonly BackendSection[], parts: GiveOutParts) {
  const given: Serving[] = [];
  const why = new Map<BackendName, string>();
  for (const section of fresh) {
    const free = parts.free().get(classOf(section) ?? '') ?? [];
    const not = whyNot(section, { ...parts, spare: free[0], all });
    const spare = not === undefined ? free.shift() : undefined;
    if (spare !== undefined) given.push({ spare: spare.backend, section });
    else if (not !== undefined) why.set(section.backend, not);
  }
  return { given, why };
}

interface GivenTo extends SpareParts {
  readonly spare: BackendSection | undefined;
  readonly all: readonly BackendSection[];
}

function whyNot(section: BackendSection, { spare, all, running, wanted, release, defaults }: GivenTo): string | undefined {
  if (section.inSpare === undefined) return '';
  if (section.inSpare.why !== undefined) return section.inSpare.why;
  if (spare === undefined) return classOf(section) === undefined ? 'its lines name it' : 'no spare backend with its lines is free';
  const byRules = whyNotByRules(section, { before: running.document, after: wanted, fresh: all });
  if (byRules !== undefined) return byRules;
  const after = { ...section, name: spare.name, backend: spare.backend };
  const servers = planServers({ before: spare, after, exceptions: new Map(), release, traits: () => traitsOf(spare, defaults()) });
  return servers.reload[0]?.detail;
}

interface AssembleParts extends SpareParts {
  readonly serving: readonly Serving[];
  readonly found: Fresh;
}

/** Returns a function that makes the document with spare backends. Parts that are made from the same objects are the same objects. */
function makeAssemble(): (parts: AssembleParts) => Document {
  const [backends, front, maps, whole] = [remember<readonly BackendSection[]>(), remember<readonly Section[]>(), remember<Document['maps']>(), remember<Document>()]; // prettier-ignore
  return ({ running, wanted, serving, found: { owned, places } }) => {
    const given = serving.filter(({ isHeld }) => isHeld !== true);
    const names = new Set(given.map(({ section }) => section.backend));
    const byRules = given.flatMap(({ section }) => (isByRules(section) ? [section] : []));
    const kept = ownersNow(running, serving, owned);
    const keys = [...serving.map(rowsKey), '', ...Array.from(kept, (pair) => pair.join(' '))].join('\n');
    const made = {
      backends: backends([wanted.backends, [...names].join(' ')], () => without(wanted.backends, names, places)),
      front: front([wanted.front, byRules.map(({ backend }) => backend).join(' ')], () => (byRules.length === 0 ? wanted.front : withoutRules(wanted.front, ownersOf(byRules)))), // prettier-ignore
      maps: maps([wanted.maps, keys], () => mapsWithSpares(wanted.maps, serving, kept)),
      spares: sparesNow(running.document.spares ?? [], serving),
    };
    const { certificates } = wanted;
    return whole([...Object.values(made), certificates, wanted], () => (isWanted(made, wanted) ? wanted : { ...wanted, ...made }));
  };
}

/** The backends without those of these names, which all are at one of these places. */
function without(
  backends: readonly BackendSection[],
  names: ReadonlySet<BackendName>,
  places: readonly number[],
): readonly BackendSection[] {
  const own = places.filter((place) => names.has(backends[place]?.backend ?? ('' as BackendName)));
  return withoutPlaces(backends, own);
}

function isWanted(made: Pick<Document, 'backends' | 'front' | 'maps' | 'spares'>, wanted: Document): boolean {
  return (['backends', 'front', 'maps', 'spares'] as const).every((part) => made[part] === wanted[part]);
}

/** Whom spare backends serve after this, or served as long as they have servers of it. */
function ownersNow({ document, exceptions }: Running, serving: readonly Serving[], owned: Fresh['owned']) {
  const busy = new Set(Array.from(exceptions.values(), ({ backend }) => backend));
  for (const { backend, servers } of document.spares ?? []) if (servers.size > 0) busy.add(backend);
  const left = [...owned].filter(([spare]) => busy.has(spare));
  return new Map([...left, ...serving.map(({ spare, section }) => [spare, section.backend] as const)]);
}

/** The spare backends with the servers of those whom they serve; the same list when nothing differs. */
function sparesNow(spares: readonly BackendSection[], serving: readonly Serving[]): readonly BackendSection[] {
  const by = new Map(serving.map(({ spare, section }) => [spare, section]));
  const all = spares.map((spare) => {
    const section = by.get(spare.backend);
    const isKept =
      section === undefined ? spare.servers.size === 0 : spare.servers === section.servers && spare.leaving === section.leaving;
    if (isKept) return spare;
    return { ...spare, servers: section?.servers ?? new Map<never, never>(), leaving: section?.leaving ?? new Set<never>() };
  });
  return isSame(all, spares) ? spares : all;
}

/** Returns a function that calls `make` only when it is called with other keys than the last time. */
function remember<Result>(): (keys: readonly unknown[], make: () => Result) => Result {
  let last: readonly [keys: readonly unknown[], result: Result] | undefined;
  return (keys, make) => {
    if (last !== undefined && isSame(last[0], keys)) return last[1];
    const result = make();
    last = [keys, result];
    return result;
  };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
