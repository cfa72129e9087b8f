import { common, whole } from '../lib/lists.ts';
import { unlike } from '../lib/unlike.ts';
import type { ServerException, BackendSection, Command, Document, Plan, Reason, ReasonCode, Running, Section } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { planCertificates } from './plan-certificates.ts';
import { lazily } from '../lib/lazily.ts';
import { makeIntoSpares } from './into-spares.ts';
import { planMaps } from './plan-maps.ts';
import { isNamedAsWritten, planServers, type ServerPlan } from './plan-servers.ts';
import { reason } from './runtime-commands.ts';
import { leavingOf, makingOf, publishedAgain, withoutMade } from './made-backends.ts';
import { inOrder, settled, sparePairs, toldOf } from './plan-spares.ts';
import { areSameSections, differenceOf, fragmentsText, isSameSection, isSameWhole } from '../haproxy/same-sections.ts';
import { canStandInCommand } from '../haproxy/server-line.ts';
import { readDefaults, traitsOf, type Defaults } from '../haproxy/backend-traits.ts';

/** What HAProxy runs, and what it should run. */
export interface PlanParts {
  readonly running: Running | undefined;
  readonly wanted: Document;
  /** The version of the running worker; undefined when it takes no commands. */
  readonly release: Release | undefined;
  /** Set when no spare backend is to stand in for a backend that HAProxy does not have: a reload is planned for all of them. */
  readonly settles?: boolean;
}

const NOTHING: Plan = { commands: [], reload: [] };
const NOT_LOADED: Plan = { commands: [], reload: [reason('not-loaded', 'haproxy', 'HAProxy has not loaded this configuration yet')] };

/**
 * Returns a function that plans how to get from what HAProxy runs to the wanted document. It compares sections by identity, then by text, and
 * servers by their line, from which commands are made. Whatever commands can't change is a reason for a reload.
 */
export function makePlan({ mapFolder }: { readonly mapFolder: string }): (parts: PlanParts) => Plan {
  const defaultsOf = whole(readDefaults);
  const [find, intoSpares] = [makeFind(), makeIntoSpares()];
  return ({ running, wanted, release, settles = false }) => {
    if (running === undefined) return NOT_LOADED;
    const { document, exceptions, lost } = running;
    if (document === wanted && exceptions.size === 0 && lost.size === 0) return NOTHING;
    const defaults = (): readonly Defaults[] => defaultsOf(document.front);
    const { toward, why, serving, made } = settles ? settled(running, wanted) : intoSpares({ running, wanted, release, defaults });
    const also = toward === wanted ? {} : { toward };
    if (document === toward && exceptions.size === 0 && lost.size === 0) return { ...NOTHING, ...also };
    const touched = new Set(Array.from(exceptions.values(), ({ backend }) => `backend ${backend}`));
    const backends = pairUp(document.backends, toward.backends, { touched, same: find(document.backends, touched) });
    const coming = makingOf(made, { wanted: toward.backends, strays: running.strays });
    const servers = planAllServers({ running, release, pairs: [...backends.both, ...coming.pairs], defaults });
    const spares = toldOf(serving, planAllServers({ running, release, pairs: sparePairs(document, toward, touched), defaults }));
    const takesCommands = release !== undefined;
    const maps = planMaps({ before: document, after: toward, folder: mapFolder, takesCommands, made, lost });
    const fronts = planFronts(document.front, toward.front);
    const certificates = planCertificates({ before: document.certificates, after: toward.certificates, takesCommands, lost });
    const went = fronts.length === 0 && maps.reload.length === 0 ? leavingOf(backends.gone, running, release) : undefined;
    const again = publishedAgain(maps.commands, running, release);
    const first = [...certificates.commands, ...coming.make, ...servers.commands, ...coming.publish, ...again, ...spares.commands];
    return {
      commands: release === undefined ? [] : [...inOrder(first, toldOf(serving, maps).commands), ...(went ?? [])],
      reload: [
        ...fronts,
        ...cameAndWent(withoutMade(backends, made, went), { fresh: 'backend-new', gone: 'backend-gone', why }),
        ...changed(backends.both, 'backend-changed'),
        ...servers.reload,
        ...spares.reload,
        ...(release === undefined ? reasonsOf(servers.commands) : []),
        ...maps.reload,
        ...certificates.reload,
        ...Array.from(lost, ([backend, answer]) => reason('refused', backend, answer)),
      ],
      ...also,
    };
  };
}

/** Returns the reasons of commands, each only once: two commands for one server have the same reason. */
function reasonsOf(commands: readonly Command[]): readonly Reason[] {
  return [...new Map(commands.map(({ reason: one }) => [`${one.code} ${one.subject} ${one.detail}`, one])).values()];
}

interface Pairs<Kind> {
  readonly both: readonly (readonly [before: Kind, after: Kind])[];
  readonly fresh: readonly string[];
  readonly gone: readonly string[];
}

/** Makes a function that finds sections by their names. It first looks at the index of last time, because backends seldom come and go. */
function makeFind(): <Kind extends Section>(sections: readonly Kind[], names: ReadonlySet<string>) => readonly Kind[] {
  let places: ReadonlyMap<string, number> = new Map();
  const find = <Kind extends Section>(sections: readonly Kind[], name: string): Kind | undefined => {
    const found = sections[places.get(name) ?? -1];
    if (found?.name === name) return found;
    places = new Map(sections.map((section, i) => [section.name, i]));
    return sections[places.get(name) ?? -1];
  };
  return (sections, names) => [...names].flatMap((name) => find(sections, name) ?? []);
}

interface Touched<Kind> {
  /** The names of sections to compare even though both sides have the same object. */
  readonly touched: ReadonlySet<string>;
  /** The sections with these names that are the same object on both sides. */
  readonly same: readonly Kind[];
}

/** Pairs the sections of two lists by name. Sections that are the same object on both sides are paired only when `touched` has their name. */
function pairUp<Kind extends Section>(before: readonly Kind[], after: readonly Kind[], { touched, same }: Touched<Kind>): Pairs<Kind> {
  const [ofBefore, ofAfter] = otherSections(before, after);
  const [was, now] = [byName(ofBefore), byName(ofAfter)];
  const both = same.flatMap((section): [Kind, Kind][] => (was.has(section.name) ? [] : [[section, section]]));
  for (const [name, section] of now) {
    const other = was.get(name);
    if (other !== undefined && (other !== section || touched.has(name))) both.push([other, section]);
  }
  const fresh = [...now.keys()].filter((name) => !was.has(name));
  return { both, fresh, gone: [...was.keys()].filter((name) => !now.has(name)) };
}

/** Returns the sections of both lists without those that are the same object in the same order. */
function otherSections<Kind extends Section>(before: readonly Kind[], after: readonly Kind[]): readonly [readonly Kind[], readonly Kind[]] {
  const places = unlike(before, after);
  return [places.before.map((place) => before[place] as Kind), places.after.map((place) => after[place] as Kind)];
}

/** Returns sections by name. Unusual templates can make two sections of the same name, which get a number in their order. */
function byName<Kind extends Section>(sections: readonly Kind[]): ReadonlyMap<string, Kind> {
  const map = new Map<string, Kind>();
  for (const section of sections) {
    let name = section.name;
    for (let i = 2; map.has(name); i++) name = `${section.name} (${i})`;
    map.set(name, section);
  }
  return map;
}

function planFronts(before: readonly Section[], after: readonly Section[]): readonly Reason[] {
  const pairs = pairUp(before, after, { touched: new Set(), same: [] });
  const reasons = [...changed(pairs.both, 'front-changed'), ...cameAndWent(pairs, { fresh: 'front-new', gone: 'front-gone' })];
  if (reasons.length === 0) return [];
  const { head, tail } = common(before, after);
  const isSame = areSameSections(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return isSame ? [] : reasons; // a file that was read back may be split into sections differently
}

interface CameAndWentCodes extends Record<'fresh' | 'gone', ReasonCode> {
  /** What is told of a new one beside its name. */
  readonly why?: ReadonlyMap<string, string>;
}

function cameAndWent({ fresh, gone }: Pairs<Section>, { why, ...codes }: CameAndWentCodes): readonly Reason[] {
  const came = fresh.map(subjectOf).map((name) => reason(codes.fresh, name, why?.get(name)));
  return [...came, ...gone.map((name) => reason(codes.gone, subjectOf(name)))];
}

/** Removes the word `backend` from a section's name, because the reason's code says it already. */
function subjectOf(section: string): string {
  return section.replace(/^backend /, '');
}

function changed(pairs: Pairs<Section>['both'], code: ReasonCode): readonly Reason[] {
  return pairs.flatMap(([before, after]) =>
    isSameSection(before, after) || isSameBackendText(before, after)
      ? []
      : [reason(code, subjectOf(after.name), differenceOf(fragmentsText(before), fragmentsText(after)))],
  );
}

function isSameBackendText(before: Section, after: Section): boolean {
  return 'servers' in before && 'servers' in after && isSameWhole(before as BackendSection, after as BackendSection);
}

interface ServersParts {
  readonly running: Running;
  readonly release: Release | undefined;
  readonly pairs: Pairs<BackendSection>['both'];
  readonly defaults: () => readonly Defaults[];
}

function planAllServers({ running, release, pairs, defaults }: ServersParts): ServerPlan {
  const exceptions = byBackend(running.exceptions);
  const plans = pairs.map(([before, after]): ServerPlan => {
    if (running.lost.has(after.backend)) return { commands: [], reload: [] };
    const its = exceptions.get(after.backend) ?? new Map<ServerName, ServerException>();
    if (before === after && Array.from(its.values()).every((one) => isOver(one, after))) return { commands: [], reload: [] };
    const plan = planServers({ before, after, exceptions: its, release, traits: lazily(() => traitsOf(before, defaults())) });
    if (plan.commands.length === 0 && plan.reload.length === 0) return plan;
    if (its.size === 0 && isSameWhole(before, after)) return { commands: [], reload: [] }; // a file that was read back may be split differently
    const isMeant = release === undefined || hasItsNames(before, after, plan);
    return isMeant ? plan : { commands: [], reload: [...plan.reload, ...reasonsOf(plan.commands)] };
  });
  return { commands: plans.flatMap(({ commands }) => commands), reload: plans.flatMap(({ reload }) => reload) };
}

/** Whether a server was stopped and is not wanted any more, so that it only waits to be deleted. */
function isOver({ stage, server }: ServerException, { servers }: BackendSection): boolean {
  return stage === 'stopped' && !servers.has(server);
}

function byBackend(exceptions: Running['exceptions']): ReadonlyMap<BackendName, ReadonlyMap<ServerName, ServerException>> {
  const all = new Map<BackendName, Map<ServerName, ServerException>>();
  for (const one of exceptions.values()) {
    const ofBackend = all.get(one.backend) ?? new Map<ServerName, ServerException>();
    all.set(one.backend, ofBackend.set(one.server, one));
  }
  return all;
}

/** Whether commands would reach the servers they are meant for. A template may write different names than the document has, or several lines. */
function hasItsNames(before: BackendSection, after: BackendSection, { commands }: ServerPlan): boolean {
  const { backend } = after;
  const meant = commands.flatMap(({ effect }) => (effect?.kind === 'server' ? [effect.server] : []));
  const isWord = [backend, ...meant].every((name) => !/\s/.test(name) && canStandInCommand(name));
  return isWord && isNamedAsWritten(before, backend, meant) && isNamedAsWritten(after, backend, after.servers.keys());
}
