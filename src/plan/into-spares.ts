import { lazily } from '../lib/lazily.ts';
import { each } from '../lib/lists.ts';
import { unlike, withoutPlaces } from '../lib/unlike.ts';
import type { BackendSection, Document, Running, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { classNameOf, isClassName } from '../haproxy/classes.ts';
import { isByRules } from '../haproxy/in-spare.ts';
import { isSameBackend } from '../haproxy/same-sections.ts';
import { classOf, servedBySpares } from '../haproxy/spares.ts';
import { classesOf, madeOf, reachedByRows, type Made } from './made-backends.ts';
import { freeOf, giveOut, spareGiver, type SpareParts } from './give-out.ts';
import { ownersOf, makeWhyNotByRules, withoutRules } from './spare-fronts.ts';
import { hasItsRows, makeMapsWithSpares, rowsKey, type SpareServing } from './spare-rows.ts';

/** How much of the wanted document can be served by spare backends. */
export interface IntoSpares {
  /** The wanted document with spare backends in place of those that HAProxy does not have yet. */
  readonly toward: Document;
  /** Why a new backend is not served by a spare one, by its name. */
  readonly why: ReadonlyMap<BackendName, string>;
  /** The names of the backends that spare ones serve, by the name of the spare one. */
  readonly serving: ReadonlyMap<BackendName, BackendName>;
  /** The new backends that HAProxy makes under their own names. */
  readonly made: Made;
}

const NONE: ReadonlyMap<BackendName, BackendName> = new Map();

/**
 * Returns a function that finds backends for ports whose backend HAProxy does not have yet: from HAProxy 3.4 on HAProxy makes these backends, and before
 * that each port gets a spare backend. A spare backend is not given to a second port until its last server is gone: HAProxy's map of spare backends says
 * which port each serves, and is changed before and after the servers. The same input gives the same objects.
 */
export function makeIntoSpares(): (parts: SpareParts) => IntoSpares {
  const assemble = makeAssemble();
  const sparesByClass = each(classOf);
  return (parts) => {
    const { running, wanted, release } = parts;
    const { spares } = running.document;
    if (spares === undefined || wanted.spares === undefined || release === undefined)
      return { toward: wanted, why: NONE, serving: NONE, made: NONE };
    const found = findFresh(running.document, wanted);
    const classes = classesOf(running.document, release);
    const kept = classes === undefined ? keptOf(found, spares, { running, wanted }) : reachedByRows(running.document, wanted, found.fresh);
    const free = lazily(() => freeOf(running, { spares, classes: sparesByClass(spares), owned: found.owned }));
    const placeFor = classes === undefined ? spareGiver(free) : (section: BackendSection) => madeOf(section, running, classes);
    const all = [...kept.map(({ section }) => section), ...found.fresh];
    const { given, why } = giveOut(found.fresh, { ...parts, placeFor, all });
    const serving = [...kept, ...given];
    for (const { spare, section, isHeld } of kept)
      if (isHeld) why.set(section.backend, `${spare}, which serves it, has other lines or can't stand for its rules`);
    return {
      toward: assemble({ ...parts, serving, found }),
      why,
      serving: new Map([...found.owned, ...serving.filter(isInSpare).map(({ spare, section }) => [spare, section.backend] as const)]),
      made: classes === undefined ? NONE : new Map(given.map(({ section }) => [section.backend, classNameOf(section)])),
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

/** Whether a backend with a name of its own serves; those that HAProxy makes have the name of the port's own. */
function isInSpare({ spare, section }: SpareServing): boolean {
  return spare !== section.backend;
}

/** The spare backends that go on to serve. One whose lines do not fit any more, or that can't have its new rows, is held until the reload. */
function keptOf(
  { owned, served, fresh }: Fresh,
  spares: readonly BackendSection[],
  { running, wanted }: Pick<SpareParts, 'running' | 'wanted'>,
): readonly SpareServing[] {
  const whyNotByRules = makeWhyNotByRules({ before: running.document, after: wanted, fresh: [...served.values(), ...fresh] });
  const kept: SpareServing[] = [];
  const taken = new Set<BackendName>();
  for (const { backend: spare, ...rest } of spares) {
    const section = served.get(owned.get(spare) ?? ('' as BackendName));
    if (section === undefined || taken.has(section.backend)) continue;
    taken.add(section.backend);
    const fits =
      section.inSpare?.why === undefined &&
      classOf(section) === classOf({ ...rest, backend: spare }) &&
      (hasItsRows({ spare, section }, running.document) || whyNotByRules(section) === undefined);
    kept.push({ spare, section, ...(!fits && { isHeld: true }) });
  }
  return kept;
}

interface AssembleParts extends SpareParts {
  readonly serving: readonly SpareServing[];
  readonly found: Fresh;
}

/** Returns a function that makes the document with spare backends. Parts that are made from the same objects are the same objects. */
function makeAssemble(): (parts: AssembleParts) => Document {
  const classes = remember<readonly BackendSection[]>();
  const [backends, front, maps, whole] = [remember<readonly BackendSection[]>(), remember<readonly Section[]>(), remember<Document['maps']>(), remember<Document>()]; // prettier-ignore
  const mapsWithSpares = makeMapsWithSpares();
  return ({ running, wanted, serving: all, found: { owned, places } }) => {
    const serving = all.filter((one) => isInSpare(one) || isByRules(one.section));
    const given = serving.filter(({ isHeld }) => isHeld !== true);
    const names = new Set(given.filter(isInSpare).map(({ section }) => section.backend));
    const byRules = given.flatMap(({ section }) => (isByRules(section) ? [section] : []));
    const kept = ownersNow(running, serving, owned);
    const keys = [...serving.map(rowsKey), '', ...Array.from(kept, (pair) => pair.join(' '))].join('\n');
    const made = {
      backends: backends([wanted.backends, [...names].join(' ')], () => without(wanted.backends, names, places)),
      front: front([wanted.front, byRules.map(({ backend }) => backend).join(' ')], () => (byRules.length === 0 ? wanted.front : withoutRules(wanted.front, ownersOf(byRules)))), // prettier-ignore
      maps: maps([wanted.maps, keys], () => mapsWithSpares(wanted.maps, serving, kept)),
      spares: areClasses(running.document) ? classes([running.document.spares, wanted.spares], () => sameClasses(running.document.spares, wanted.spares)) : sparesNow(running.document.spares ?? [], serving), // prettier-ignore
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
function ownersNow({ document, exceptions }: Running, serving: readonly SpareServing[], owned: Fresh['owned']) {
  const busy = new Set(Array.from(exceptions.values(), ({ backend }) => backend));
  for (const { backend, servers } of document.spares ?? []) if (servers.size > 0) busy.add(backend);
  const left = [...owned].filter(([spare]) => busy.has(spare));
  return new Map([...left, ...serving.filter(isInSpare).map(({ spare, section }) => [spare, section.backend] as const)]);
}

/** The spare backends with the servers of those whom they serve; the same list when nothing differs. */
function sparesNow(spares: readonly BackendSection[], serving: readonly SpareServing[]): readonly BackendSection[] {
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

/** The sections from which backends are made: the wanted ones where HAProxy has the same, whoever owns their lines. */
function sameClasses(running: Document['spares'] = [], wanted: Document['spares'] = []): readonly BackendSection[] {
  const known = new Map(running.map((section) => [section.name, section]));
  const isSame = wanted.every((section) => isSameBackend(known.get(section.name) ?? { ...section, fragments: [] }, section));
  return isSame && known.size === wanted.length ? wanted : running;
}

function areClasses({ spares = [] }: Document): boolean {
  return spares.some(({ backend }) => isClassName(backend));
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
