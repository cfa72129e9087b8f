import { makeRenderer } from './haproxy/document.ts';
import type { DocumentSettings } from './haproxy/settings.ts';
import type { Templates } from './haproxy/templates.ts';
import { each, eachPair, whole } from './lib/lists.ts';
import type { View } from './loop.ts';
import type { Problem } from './model/problem.ts';
import type { Front, Service } from './model/service.ts';
import type { App, Definition } from './model/snapshot.ts';
import { arrange, type Claim, type OwnBind } from './services/arrange.ts';
import { makeDraft, type Draft, type ServiceSettings } from './services/fronts.ts';
import { makeMergeGroups } from './services/groups.ts';
import { assignPorts } from './services/ports.ts';
import { makeServices, type ServicesOfApp } from './services/services.ts';
import type { State } from './snapshot/absorb.ts';

export interface DeriveSettings {
  readonly services: ServiceSettings;
  readonly document: DocumentSettings;
  readonly templates: Templates;
  /** What is wrong whatever the apps are: certificates, folders. */
  readonly problems: readonly Problem[];
}

/**
 * State -> View: services, who gets which port and route, the document. Pure but for its memory of the last run, which makes the cost of a
 * change that of what changed and can be thrown away at any time.
 */
export function makeDerive({ services, document, templates, problems }: DeriveSettings): (state: State) => View | undefined {
  const settings: ServiceSettings = { ...services, templateProblems: (by) => templates.problemsOf(by) };
  const merged = makeMergeGroups();
  const assign = whole((definitions: readonly Definition[]) => assignPorts(definitions, settings.portRange));
  const drafts = each((definition: Definition) => makeDraft(definition, settings));
  const ofApps = eachPair((app: App, draft: Draft) => makeServices(app, draft, settings));
  const flatten = whole(flattenServices);
  const arrangeAll = whole((claims: readonly Claim[]) => arrange(claims, ownBinds(document)));
  const withFront = eachPair((front: Front, service: Service): Service => (service.front === front ? service : { ...service, front }));
  const render = makeRenderer(templates, document);

  return ({ snapshot, release, refused }) => {
    if (snapshot === undefined) return undefined;
    const apps = merged(snapshot.apps);
    const assigned = assign(apps.map((app) => app.definition));
    const drafted = drafts(assigned.definitions);
    const { services, claims, leftOut } = flatten(ofApps(apps, drafted));
    const arrangement = arrangeAll(claims);
    const kept = services.filter((_, i) => arrangement.fronts[i] !== undefined);
    const served = withFront(
      arrangement.fronts.filter((front) => front !== undefined),
      kept,
    );
    const rendering = render(served, release);
    return {
      snapshot,
      services: served,
      leftOut: [...leftOut, ...arrangement.leftOut],
      document: rendering.document,
      problems: [
        ...problems,
        ...snapshot.problems,
        ...assigned.problems,
        ...drafted.flatMap((draft) => draft.problems),
        ...arrangement.problems,
        ...rendering.problems,
        ...refused,
      ],
    };
  };
}

/** In order of app id, service port, port index: the order of the file. */
function flattenServices(apps: readonly ServicesOfApp[]) {
  const rows = apps.flatMap(({ services, claims }) => services.map((service, i) => ({ service, claim: claims[i] as Claim })).sort(byPort));
  return {
    services: rows.map(({ service }) => service),
    claims: rows.map(({ claim }) => claim),
    leftOut: apps.flatMap(({ leftOut }) => leftOut),
  };
}

function byPort(
  { service: { front: a } }: { readonly service: Service },
  { service: { front: b } }: { readonly service: Service },
): number {
  return a.port - b.port || a.index - b.index;
}

/** What the load balancer binds itself. */
function ownBinds({ bindAddress: address, ports, sharedFrontends }: DocumentSettings): readonly OwnBind[] {
  const shared = [
    { address, port: ports.http, what: 'the shared http frontend (--http-port)' },
    { address, port: ports.https, what: 'the shared https frontend (--https-port)' },
  ];
  return [
    ...(sharedFrontends ? shared : []),
    { address, port: ports.appId, what: 'the frontend by app id (--app-id-port)' },
    { address, port: ports.stats, what: 'the statistics page (--stats-port)' },
  ];
}
