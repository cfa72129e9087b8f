import type { BackendSection, Command, Document, Running } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { serversInText, traitsOf } from '../haproxy/backend-traits.ts';
import { classNameOf, isClassName, takesBackends, unfitLine } from '../haproxy/classes.ts';
import { SPARE_MAPS } from '../haproxy/settings.ts';
import { isSameSection } from '../haproxy/same-sections.ts';
import { classOf, spareOfKey } from '../haproxy/spares.ts';
import { addBackend, publishBackend, unpublishBackend } from './runtime-commands.ts';
import { isNamedAsWritten, planServers } from './plan-servers.ts';
import { makeWhyNotByRules } from './spare-fronts.ts';
import { hasItsRows, type SpareServing } from './spare-rows.ts';

/** The backends that HAProxy makes while it runs, each with the section from which it does; undefined for one that it still has. */
export type Made = ReadonlyMap<BackendName, BackendName | undefined>;

/** The sections from which HAProxy makes backends; undefined when it makes none. */
export function classesOf({ spares = [] }: Document, release: Release): ReadonlySet<BackendName> | undefined {
  if (!takesBackends(release)) return undefined;
  const names = spares.flatMap(({ backend }) => (isClassName(backend) ? [backend] : []));
  return names.length === 0 ? undefined : new Set(names);
}

/** The backend as HAProxy makes it, without servers; a reason when it can't. */
export function madeOf(section: BackendSection, { strays, lost }: Running, classes: ReadonlySet<BackendName>): BackendSection | string {
  const { backend } = section;
  if (lost.has(backend)) return '';
  const from = classNameOf(section);
  if (from === undefined) return whyNoClass(section);
  if (!classes.has(from)) return 'no defaults section of HAProxy has its lines';
  if (!isNamedAsWritten(section, backend, section.servers.keys())) return 'its template gives a server another name';
  const stray = strays?.get(backend);
  if (strays?.has(backend) === true && (stray === undefined || !isSameSection(stray, section)))
    return 'HAProxy has not deleted the backend that it had before';
  return emptied(section);
}

function whyNoClass(section: BackendSection): string {
  const text = classOf(section);
  return text === undefined ? 'its lines name it' : `a defaults section can't have '${unfitLine(text) ?? ''}'`;
}

/** A backend without its servers. */
function emptied(section: BackendSection): BackendSection {
  return { ...section, servers: new Map(), leaving: new Set() };
}

/** The backends that are reached by rows of maps until a reload brings their rules. One that can't have its new rows is held until the reload. */
export function reachedByRows(document: Document, wanted: Document, fresh: readonly BackendSection[]): readonly SpareServing[] {
  const { maps, backends } = document;
  const led = new Set(
    SPARE_MAPS.flatMap((file) => Array.from(maps[file] ?? [], ([key, to]) => (spareOfKey(key) === undefined ? to : undefined))),
  );
  led.delete(undefined);
  if (led.size === 0) return [];
  const known = new Set(backends.map(({ backend }) => backend));
  const reached = wanted.backends.filter(({ backend }) => led.has(backend) && known.has(backend));
  const whyNotByRules = makeWhyNotByRules({ before: document, after: wanted, fresh: [...reached, ...fresh] });
  return reached.map((section): SpareServing => {
    const serving = { spare: section.backend, section };
    const fits = section.inSpare?.why === undefined && (hasItsRows(serving, document) || whyNotByRules(section) === undefined);
    return fits ? serving : { ...serving, isHeld: true };
  });
}

/** The commands that make backends, and those with which they get requests when they have servers; and the backends without and with their servers. */
export function makingOf(
  made: Made,
  { wanted, strays }: { readonly wanted: readonly BackendSection[]; readonly strays: Running['strays'] },
) {
  if (made.size === 0) return NOTHING;
  const sections = wanted.filter(({ backend }) => made.has(backend));
  const make = sections.flatMap((section) => {
    const from = strays?.has(section.backend) === true ? undefined : made.get(section.backend);
    return from === undefined ? [] : [addBackend(emptied(section), from)];
  });
  const publish = sections.map((section) => publishBackend(emptied(section)));
  return { make, publish, pairs: sections.map((section) => [emptied(section), section] as const) };
}

const NOTHING = { make: [], publish: [], pairs: [] } as const;

/** The backends that came and went, without those that commands make and take away. */
export function withoutMade<Names extends { readonly fresh: readonly string[]; readonly gone: readonly string[] }>(
  names: Names,
  made: Made,
  went: readonly Command[] | undefined,
): Names {
  if (made.size === 0 && went === undefined) return names;
  const fresh = names.fresh.filter((name) => !made.has(name.replace(/^backend /, '') as BackendName));
  return { ...names, fresh, gone: went === undefined ? names.gone : [] };
}

/** The commands for backends that are gone: no more requests, and their servers are stopped. Undefined when only a reload can take one away. */
export function leavingOf(names: readonly string[], running: Running, release: Release | undefined): readonly Command[] | undefined {
  const { document, lost } = running;
  if (names.length === 0 || release === undefined || classesOf(document, release) === undefined) return undefined;
  const wanted = new Set(names);
  const gone = document.backends.filter(({ name }) => wanted.has(name));
  if (gone.length !== names.length || !gone.every((section) => isFree(section) && !lost.has(section.backend))) return undefined;
  return gone.flatMap((section) => {
    const its = [...running.exceptions.values()].filter(({ backend }) => backend === section.backend);
    const stop = planServers({
      before: section,
      after: emptied(section),
      exceptions: new Map(its.map((one) => [one.server, one])),
      release,
      traits: () => traitsOf(section, []),
    });
    return [unpublishBackend(emptied(section)), ...stop.commands];
  });
}

/**
 * The commands that publish backends to which rows of maps lead again. An earlier daemon may have unpublished a backend, stopped its servers, and ended
 * before it wrote the file; what is read back from HAProxy does not show that the backend is unpublished.
 */
export function publishedAgain(
  rows: readonly Command[],
  { document, exceptions }: Running,
  release: Release | undefined,
): readonly Command[] {
  if (rows.length === 0 || release === undefined || classesOf(document, release) === undefined) return [];
  const led = new Set(rows.flatMap(leadsTo));
  const isIdle = ({ backend, servers }: BackendSection): boolean =>
    [...servers.keys()].every((server) => exceptions.has(`${backend}/${server}`));
  return document.backends.flatMap((section) => (led.has(section.backend) && isIdle(section) ? [publishBackend(emptied(section))] : []));
}

/** The backends to which a change of a map leads. */
function leadsTo({ effect }: Command): readonly BackendName[] {
  if (effect?.kind === 'rows') return [...effect.map.values()];
  return effect?.kind === 'map' && effect.to !== undefined ? [effect.to] : [];
}

/** Whether HAProxy deletes all of a backend's servers, and the backend after them. */
function isFree(section: BackendSection): boolean {
  const isWritten = section.fragments.some(({ text }) => /^[ \t]*server-template\s/m.test(text));
  const isNamed = isNamedAsWritten(section, section.backend, section.servers.keys());
  return isNamed && !isWritten && serversInText(section).size === 0 && !traitsOf(section, []).refersToServers;
}
