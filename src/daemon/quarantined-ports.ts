import { ownerKey } from '../blame/app-owners.ts';
import type { Blame, NameOf } from '../blame/read-refusal.ts';
import { dependsOnServers, describeBlame, passesByItself } from '../blame/refusal-problems.ts';
import type { Problem } from '../model/problem.ts';
import type { Quarantined } from '../model/quarantine.ts';
import type { Service } from '../model/service.ts';
import type { View } from '../model/view.ts';
import type { Neediest } from '../process/neediest-app.ts';
import { writtenOf } from '../services/sift-quarantined.ts';
import { knownOf } from '../snapshot/absorb-refusals.ts';

/** The ports of a view that are to blame: those that serve, and those that are answered 503, of which nothing is then left. */
export function portsToBlame(view: View | undefined, blamed: readonly Blame[], triesAgain: boolean): readonly Quarantined[] {
  if (view === undefined) return [];
  const shut = view.shut.flatMap((service) => quarantine(service, { blamed, view, triesAgain }));
  return [
    ...view.services.flatMap((service) => quarantine(service, { blamed, view, triesAgain })),
    ...shut.map((one) => ({ ...one, isShutToo: true as const })),
  ];
}

interface Blaming {
  readonly blamed: readonly Blame[];
  readonly view: View;
  readonly triesAgain: boolean;
}

/** The quarantine of a port that is to blame, in its current form; empty when the port is not to blame. */
function quarantine(service: Service, { blamed, view, triesAgain }: Blaming): readonly Quarantined[] {
  const { named, services } = view;
  const { app, index } = service.front;
  const key = ownerKey({ by: 'app', app, index });
  const its = blamed.filter(({ owner }) => ownerKey(owner) === key);
  if (its.length === 0) return [];
  const of = writtenOf(service);
  const servers = its.every(dependsOnServers) ? { servers: service.backend.servers.map(({ name }) => name) } : {};
  const { author = app } = service.front;
  const nameOf = nameIn(view);
  const told = its.map(({ beside, ...blame }): Blame => {
    const named = beside && { beside: beside.map((one) => ({ ...one, app: nameOf(one.app) })) };
    return { ...blame, owner: { ...blame.owner, app: author }, ...named };
  });
  const problems = describeBlame({ blamed: told, operator: [], unknown: [] }, { triesAgain });
  const passes = triesAgain && its.every(({ words }) => passesByItself(words)) ? { passes: true as const } : {};
  return [{ app, index, of, files: knownOf(of, named), problems, ...servers, ...passes, ...besideOf(its, services) }];
}

/** The ports without which HAProxy might take this one, as they are now; none where it is refused for itself alone. */
function besideOf(blames: readonly Blame[], services: readonly Service[]): Pick<Quarantined, 'beside'> {
  if (!blames.every(({ beside }) => beside !== undefined)) return {};
  const keys = new Set(blames.flatMap(({ beside = [] }) => beside.map(ownerKey)));
  const others = services.filter(({ front: { app, index } }) => keys.has(ownerKey({ by: 'app', app, index })));
  return { beside: others.map((other) => ({ app: other.front.app, index: other.front.index, of: writtenOf(other) })) };
}

/** Quarantine for all ports of the apps that need the most descriptors, in their current form. */
export function tooMany(neediest: readonly Neediest[], { message }: Error, view: View | undefined): readonly Quarantined[] {
  const needs = new Map(neediest.map(({ app, descriptors }) => [app, descriptors]));
  return (view?.services ?? []).flatMap((service): readonly Quarantined[] => {
    const { app, index } = service.front;
    const descriptors = needs.get(app);
    if (descriptors === undefined) return [];
    const problem: Problem = {
      code: 'refused-by-haproxy',
      owner: { by: 'app', app, index },
      message: `${message}; ${service.front.author ?? app} alone needs ${descriptors} of the descriptors for its ports and health checks`,
      hint: 'use fewer ports or servers with checks, or have the limit raised; the app is left out until the descriptors suffice',
    };
    const of = writtenOf(service);
    return [{ app, index, of, files: knownOf(of, view?.named ?? []), problems: [problem], descriptors }];
  });
}

/** The id of an app as Marathon has it, where it may be the name of a deployment group. */
export function nameIn(view: Pick<View, 'services' | 'shut'> | undefined): NameOf {
  return (app) => [...(view?.services ?? []), ...(view?.shut ?? [])].find(({ front }) => front.app === app)?.front.author ?? app;
}
