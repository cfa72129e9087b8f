import type { BackendSection, Document, Running } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { traitsOf, type Defaults } from '../haproxy/backend-traits.ts';
import { classOf } from '../haproxy/spares.ts';
import { planServers } from './plan-servers.ts';
import { makeWhyNotByRules, type WhyNotByRules } from './spare-fronts.ts';
import type { SpareServing } from './spare-rows.ts';

/** What HAProxy runs, and what it should run. */
export interface SpareParts {
  readonly running: Running;
  readonly wanted: Document;
  readonly release: Release | undefined;
  readonly defaults: () => readonly Defaults[];
}

/** The spare backends, each with its class, and whom they serve. */
interface Spares {
  readonly spares: readonly BackendSection[];
  readonly classes: readonly (string | undefined)[];
  readonly owned: ReadonlyMap<BackendName, BackendName>;
}

/** The spare backends that serve nobody and have nothing left of whom they served, by class. */
export function freeOf({ exceptions, lost }: Running, { spares, classes, owned }: Spares): ReadonlyMap<string, readonly BackendSection[]> {
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

/** Returns a function that gives each backend a spare one with its lines, or the reason why there is none. */
export function spareGiver(free: () => ReadonlyMap<string, readonly BackendSection[]>): GiveOutParts['placeFor'] {
  return (section, taken) => {
    const of = classOf(section);
    const spares = free().get(of ?? '') ?? [];
    return (
      spares.find(({ backend }) => !taken.has(backend)) ??
      (of === undefined ? 'its lines name it' : 'no spare backend with its lines is free')
    );
  };
}

interface GiveOutParts extends SpareParts {
  /** The backend for one that HAProxy does not have, or the reason why there is none. */
  readonly placeFor: (section: BackendSection, taken: ReadonlySet<BackendName>) => BackendSection | string;
  /** All backends that may be served without a reload; their rules in the shared frontends do not count. */
  readonly all: readonly BackendSection[];
}

/** Gives backends to those that HAProxy does not have. Returns which serve, and why the others have none. */
export function giveOut(fresh: readonly BackendSection[], parts: GiveOutParts) {
  const given: SpareServing[] = [];
  const taken = new Set<BackendName>();
  const why = new Map<BackendName, string>();
  const whyNotByRules = makeWhyNotByRules({ before: parts.running.document, after: parts.wanted, fresh: parts.all });
  for (const section of fresh) {
    const place = whyNot(section, whyNotByRules) ?? parts.placeFor(section, taken);
    const found = typeof place === 'string' ? place : whyNoServers(section, place, parts);
    if (typeof place === 'string' || found !== undefined) why.set(section.backend, found ?? '');
    else {
      given.push({ spare: place.backend, section });
      taken.add(place.backend);
    }
  }
  return { given, why };
}

function whyNot(section: BackendSection, whyNotByRules: WhyNotByRules): string | undefined {
  if (section.inSpare === undefined) return '';
  return section.inSpare.why ?? whyNotByRules(section);
}

/** Why servers can't be added to the backend that is to serve; undefined when they can. */
function whyNoServers(section: BackendSection, place: BackendSection, { release, defaults }: SpareParts): string | undefined {
  const after = { ...section, name: place.name, backend: place.backend };
  const servers = planServers({ before: place, after, exceptions: new Map(), release, traits: () => traitsOf(place, defaults()) });
  return servers.reload[0]?.detail;
}
