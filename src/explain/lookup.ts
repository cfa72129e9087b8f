import { groupBy } from '../lib/group-by.ts';
import { lazily } from '../lib/lazily.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { LeftOut, Service } from '../model/service.ts';
import type { App } from '../model/snapshot.ts';
import type { View } from '../model/view.ts';
import { membersOf } from './members.ts';
import { ownerOf } from './owners.ts';
import { rowsByBackend, rulesByOwner } from './rules-to.ts';
import type { RuleExplanation } from './shapes.ts';

/** A View by what is asked about. */
export interface Lookup {
  readonly view: View;
  /** An app as Marathon has it. */
  readonly app: (app: AppId) => App | undefined;
  /** By the id under which an app is served: its own, or its deployment group's. */
  readonly services: (servedAs: AppId) => readonly Service[];
  readonly leftOut: (servedAs: AppId) => readonly LeftOut[];
  /** The service of a backend. */
  readonly backend: (name: string) => Service | undefined;
  /** Those whose owner is this app. */
  readonly problems: (app: AppId) => readonly Problem[];
  /** What leads to a port from frontends that apps share: its own rules there, and rows of map files. */
  readonly rules: (service: Service) => readonly RuleExplanation[];
  /** The id under which an app is served: its own, or its deployment group's. */
  readonly servedAs: (app: AppId) => AppId;
  /** The apps that are served under an id. */
  readonly members: (servedAs: AppId) => readonly App[];
}

/** Made once for many questions about the same View; each part when it is first needed. */
export function makeLookup(view: View): Lookup {
  const { snapshot, services, leftOut, problems, document } = view;
  const apps = lazily(() => new Map(snapshot.apps.map((app) => [app.id, app])));
  const byApp = lazily(() => groupBy(services, ({ front }) => front.app));
  const leftOutByApp = lazily(() => groupBy(leftOut, ({ app }) => app));
  const byBackend = lazily(() => new Map<string, Service>(services.map((service) => [service.front.name, service])));
  const problemsByApp = lazily(() => groupBy(problems, ({ owner }) => (owner.by === 'app' ? owner.app : undefined)));
  const [rules, rows] = [lazily(() => rulesByOwner(document)), lazily(() => rowsByBackend(document))];
  const groups = lazily(() => membersOf(view));
  const members = lazily(() => groupBy([...groups()], ([, group]) => group));
  const app: Lookup['app'] = (id) => apps().get(id);
  return {
    view,
    app,
    services: (servedAs) => byApp().get(servedAs) ?? [],
    leftOut: (servedAs) => leftOutByApp().get(servedAs) ?? [],
    backend: (name) => byBackend().get(name),
    problems: (id) => problemsByApp().get(id) ?? [],
    rules: ({ front: { app: by, index, name } }) => [
      ...(rules().get(ownerOf({ owner: { by: 'app', app: by, index } })) ?? []),
      ...(rows().get(name) ?? []),
    ],
    servedAs: (id) => groups().get(id) ?? id,
    members: (servedAs) => {
      const ids = members()
        .get(servedAs)
        ?.map(([id]) => id) ?? [servedAs];
      return ids.flatMap((id) => app(id) ?? []);
    },
  };
}
