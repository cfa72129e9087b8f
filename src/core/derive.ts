import type { Templates } from '../haproxy/templates.ts';
import { makeWithoutTaken } from '../haproxy/without-taken.ts';
import { flatOf } from '../lib/flat-lists.ts';
import { each, eachPair, whole } from '../lib/lists.ts';
import { makeSharing } from '../lib/sharing.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { View } from '../model/view.ts';
import type { Problem } from '../model/problem.ts';
import type { Unaffordable } from '../model/quarantine.ts';
import type { Front, Service } from '../model/service.ts';
import type { App, Definition } from '../model/snapshot.ts';
import { makeArrange, ownBinds } from './arrange-all.ts';
import type { Arrangement, Claim } from '../services/arrange.ts';
import { makeAsWritten } from '../services/as-written.ts';
import { makeLend } from '../services/backups.ts';
import { makeOneClientCa } from '../services/client-ca.ts';
import { makeCertify } from '../services/certify-fronts.ts';
import { makeDraft, type Draft } from '../services/fronts.ts';
import type { ServiceSettings } from '../services/service-settings.ts';
import { makeMergeGroups, overruled, type Merged } from '../services/groups.ts';
import { makeAssign } from '../services/ports.ts';
import { findShadows } from '../services/shadows.ts';
import { makeShutOf, shutService, withShut } from '../services/shut.ts';
import { makeSift } from '../services/sift-quarantined.ts';
import { makeServices, type ServicesOfApp } from '../services/services.ts';
import { splitProblems } from '../services/splits.ts';
import { nameProblems } from '../services/name-problems.ts';
import type { State } from '../snapshot/state.ts';
import { marathonProblems } from '../snapshot/marathon-problems.ts';
import { makeRender, type RenderSettings } from './render.ts';

/** The operator's settings for services, for the document, and the templates. */
export interface DeriveSettings {
  readonly services: ServiceSettings;
  readonly document: RenderSettings;
  readonly templates: Templates;
}

/**
 * Makes the function that works out the View from a State: services, who gets which port and route, and the document. It returns undefined until
 * there is a snapshot. It is pure except for a memory of its last run, so that a change costs only as much as what changed; a function without that
 * memory returns an equal View.
 */
export function makeDerive({ services, document, templates }: DeriveSettings): (state: State) => View | undefined {
  const settings: ServiceSettings = { ...services, templateProblems: (by) => templates.problemsOf(by) };
  const [mergeGroups, problemsBetween] = [makeMergeGroups(settings.deploymentGroups), makeProblemsBetween(settings)];
  const assign = makeAssign(settings.portRange);
  const [definitionsOf, drafts] = [each(({ definition }: App) => definition), each((one: Definition) => makeDraft(one, settings))];
  const [asWritten, ofAuthors, decide] = [makeAsWritten(), makeOfAuthors(), makeDecide(arrangedUnder(settings, document))];
  const ofApps = eachPair((app: App, draft: Draft) => inOrder(makeServices(app, draft, settings)));
  const [all, allFiles, lend] = [makeAll(), makeAllFiles(), makeLend()];
  const [render, withoutTaken] = [makeRender(templates, document), makeWithoutTaken(document.degradedOk)];

  return onChange((shown) => {
    const { snapshot, certificates, taken, held, staleSince, unread } = shown;
    const merged = mergeGroups(snapshot.apps);
    const definitions = definitionsOf(merged.apps);
    const assigned = assign(definitions);
    const drafted = drafts(assigned.definitions);
    const { leftOut, problems: ofDrafts, ...found } = all(ofApps(merged.apps, drafted), drafted);
    const { certified, shut, holders, ...decided } = decide(found, shown);
    const lent = lend(certified.services);
    const rendered = { ...certified, services: withShut(lent.services, shut) };
    const rendering = render(rendered, shown.release, { certificates, defaulted: shown.defaulted?.templates });
    const bound = withoutTaken(rendering.document, taken);
    const before = [...certificates.problems, ...marathonProblems(shown), ...snapshot.problems, ...assigned.problems, ...ofDrafts];
    const between = problemsBetween(snapshot.apps, merged, { services: certified.services, shut });
    const steps = [decided, lent, bound, rendering].map((step) => step.problems);
    const problems = [before, between, steps.flat(), faults(shown, certified.services)].flat();
    return {
      ...{ snapshot, taken, held, staleSince, unread, unbound: bound.unbound },
      ...{ services: certified.services, shut, holders, named: certificates.named, unaffordable: unaffordableIn(shown) },
      certificates: allFiles(certified.files, shown.quarantine),
      leftOut: [...leftOut, ...decided.leftOut],
      document: bound.document,
      problems: ofAuthors(definitions, asWritten(definitions, problems)),
    };
  });
}

/**
 * Returns a function that decides which of the ports that apps want are served, with what of ports and routes, and which are left out; of these, whose
 * hosts are answered 503.
 */
function makeDecide(under: ReturnType<typeof arrangedUnder>) {
  const [sift, arrangeAll, serve] = [makeSift(), makeArrange(under), makeServe()];
  const [oneClientCa, certify, shutParts] = [makeOneClientCa(), makeCertify(), makeShutParts()];
  return (found: Parameters<typeof sift>[0], shown: ShownState) => {
    const { services, claims, absent, ...refusal } = sift(found, shown.quarantine);
    const arrangement = arrangeAll(claims, { ...shown, absent });
    const sifted = oneClientCa(serve(services, arrangement.fronts), arrangement.shut);
    const certified = certify(sifted.services, shown.certificates);
    const steps = [refusal, arrangement, sifted, certified];
    return {
      certified,
      shut: shutParts(arrangement.shut, [...sifted.out, ...certified.out]),
      holders: arrangement.holders,
      leftOut: steps.flatMap((step) => step.leftOut),
      problems: steps.flatMap((step) => step.problems),
    };
  };
}

/** What an operator decides about who gets which bind and route. */
function arrangedUnder({ groups }: ServiceSettings, document: RenderSettings) {
  return { own: ownBinds(document), takesAll: groups.includes('*'), sharesTls: document.groupHttpsByVhost };
}

function unaffordableIn({ quarantine }: ShownState): readonly Unaffordable[] {
  return quarantine.flatMap(({ app, descriptors }) => (descriptors === undefined ? [] : [{ app, descriptors }]));
}

/** The parts of the state that the View depends on. */
const SHOWN = [
  'snapshot',
  'holders',
  'release',
  'refused',
  'quarantine',
  'defaulted',
  'taken',
  'held',
  'staleSince',
  'unread',
  'certificates',
  'unresolved',
] as const;
type ShownState = Pick<State, (typeof SHOWN)[number]>;

/** The Problems for the operator that HAProxy's refusals have caused, and the servers that HAProxy has no address of. */
function faults({ refused, defaulted, unresolved }: ShownState, services: readonly Service[]): readonly Problem[] {
  return [...refused, ...(defaulted?.problems ?? []), ...nameProblems(unresolved, services)];
}

/** Calls `make` only when a part of the state has changed that the View depends on. Returns undefined until there is a snapshot. */
function onChange(make: (shown: ShownState) => View): (state: State) => View | undefined {
  let last: { readonly shown: ShownState; readonly view: View } | undefined;
  return (state) => {
    if (state.sentAt === undefined && state.staleSince === undefined) return undefined;
    const before = last?.shown;
    if (last === undefined || SHOWN.some((key) => before?.[key] !== state[key])) last = { shown: state, view: make(state) };
    return last.view;
  };
}

/** Joins the parts of all apps, in order of app id. Apps that did not change cost nothing. */
function makeAll() {
  const services = flatOf((of: ServicesOfApp) => of.services);
  const claims = flatOf((of: ServicesOfApp) => of.claims);
  const absent = flatOf((of: ServicesOfApp) => of.absent);
  const leftOut = flatOf((of: ServicesOfApp) => of.leftOut);
  const problems = flatOf((draft: Draft) => draft.problems);
  return (ofApps: readonly ServicesOfApp[], drafts: readonly Draft[]) => ({
    services: services(ofApps),
    claims: claims(ofApps),
    absent: absent(ofApps),
    leftOut: leftOut(ofApps),
    problems: problems(drafts),
  });
}

/** Returns the services that are rendered, each with the front that it got. */
function makeServe(): (services: readonly Service[], fronts: Arrangement['fronts']) => readonly Service[] {
  const withFront = eachPair((front: Front, service: Service): Service => (service.front === front ? service : { ...service, front }));
  return (services, fronts) => {
    if (!fronts.includes(undefined)) return withFront(fronts as readonly Front[], services);
    const kept = fronts.flatMap((front, i) => (front === undefined ? [] : [[front, services[i] as Service] as const]));
    return withFront(
      kept.map(([front]) => front),
      kept.map(([, service]) => service),
    );
  };
}

/**
 * Makes a function that adds the files of ports that HAProxy has refused, because such a port is tried again when one of its files changes. It returns
 * the same list as long as its arguments are the same objects.
 */
function makeAllFiles(): (files: readonly string[], quarantine: ShownState['quarantine']) => readonly string[] {
  let last: { readonly of: readonly unknown[]; readonly all: readonly string[] } | undefined;
  return (files, quarantine) => {
    const more = quarantine.flatMap(({ of }) => (of.front.files ?? []).map(({ file }) => file)).filter((file) => !files.includes(file));
    if (more.length === 0) return files;
    if (last?.of[0] !== files || last.of[1] !== quarantine) last = { of: [files, quarantine], all: [...new Set([...files, ...more])] };
    return last.all;
  };
}

/** Returns a function that makes the services of the ports that are left out for a fault, with the same objects for the same ports. */
function makeShutParts(): (arranged: readonly Front[], later: readonly Front[]) => readonly Service[] {
  const [shutOf, serviceOf] = [makeShutOf(), each(shutService)];
  return (arranged, later) => {
    const fronts = [...arranged, ...later.map(shutOf)].filter(({ routes }) => routes.length > 0);
    return serviceOf(fronts);
  };
}

/** Sorts the services of an app by service port and port index, which is their order in the file. */
function inOrder({ services, claims, ...rest }: ServicesOfApp): ServicesOfApp {
  if (services.length < 2) return { services, claims, ...rest };
  const rows = services.map((service, i) => ({ service, claim: claims[i] as Claim })).sort(byPort);
  return { services: rows.map(({ service }) => service), claims: rows.map(({ claim }) => claim), ...rest };
}

function byPort(
  { service: { front: a } }: { readonly service: Service },
  { service: { front: b } }: { readonly service: Service },
): number {
  return a.port - b.port || a.index - b.index;
}

/**
 * Finds Problems that concern several apps: apps that may not share a deployment group, apps that take requests of other apps, and faults in the
 * labels of a deployment group's newer app before it takes over.
 */
function makeProblemsBetween(settings: ServiceSettings) {
  const onOneHost = makeSharing((front: Front) => (hasOwnRules(front.overrides) ? [] : [...new Set(front.routes.map(({ host }) => host))]));
  const shadowsOf = whole((fronts: readonly Front[]) => findShadows(fronts, settings.domains));
  const inSplit = flatOf((front: Front) => (front.split === undefined ? [] : [front]));
  const splitsOf = whole(splitProblems);
  const frontsOf = each(({ front }: Service) => front);
  const toCome = each((definition: Definition) => makeDraft(definition, settings).problems);
  return (apps: readonly App[], merged: Merged, { services, shut }: Pick<View, 'services' | 'shut'>): readonly Problem[] => [
    ...merged.problems,
    ...shadowsOf(onOneHost(frontsOf(withShut(services, shut)))),
    ...splitsOf(inSplit(frontsOf(services))),
    ...toCome(overruled(apps, merged.apps)).flat(),
  ];
}

/** Changes the owner of Problems from a deployment group to the app in Marathon whose labels the group has. */
function makeOfAuthors() {
  const authored = flatOf((one: Definition) => (one.author === undefined ? [] : [one]));
  const authorsOf = whole((definitions: readonly Definition[]) => {
    return new Map(definitions.flatMap(({ id, author }) => (author === undefined ? [] : [[id, author] as const])));
  });
  return (definitions: readonly Definition[], problems: readonly Problem[]): readonly Problem[] => {
    const authors = authorsOf(authored(definitions));
    if (authors.size === 0) return problems;
    return problems.map((problem): Problem => {
      const { owner } = problem;
      const author = owner.by === 'app' ? authors.get(owner.app) : undefined;
      return author === undefined || owner.by !== 'app' ? problem : { ...problem, owner: { ...owner, app: author } };
    });
  };
}
