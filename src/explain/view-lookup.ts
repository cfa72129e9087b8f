import { lazily } from '../lib/lazily.ts';
import { placeOf } from '../lib/lists.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import type { Document } from '../model/document.ts';
import type { AppId, BackendName } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Service } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';
import type { App } from '../model/snapshot.ts';
import type { View } from '../model/view.ts';
import { byKey } from './by-key.ts';
import { membersOf } from './members.ts';
import { makeRulesTo } from './rules-to.ts';
import type { RuleExplanation } from './shapes.ts';

/** A View by what is asked about. */
export interface ViewLookup {
  readonly view: View;
  /** An app as Marathon has it. */
  readonly app: (app: AppId) => App | undefined;
  /** By the id under which an app is served: its own, or its deployment group's. Those of ports that are shut are among them. */
  readonly services: (servedAs: AppId) => readonly Service[];
  readonly leftOut: (servedAs: AppId) => readonly LeftOut[];
  /** The service of a backend. */
  readonly backend: (name: string) => Service | undefined;
  /** The spare backend that serves in place of a backend until the next reload; undefined when none does, or when it is not known what HAProxy runs. */
  readonly spare: (name: BackendName) => BackendName | undefined;
  /** Those whose owner is this app. */
  readonly problems: (app: AppId) => readonly Problem[];
  /** What leads to a port from frontends that apps share: its own rules there, and rows of map files. */
  readonly rules: (service: Service) => readonly RuleExplanation[];
  /** The id under which an app is served: its own, or its deployment group's. */
  readonly servedAs: (app: AppId) => AppId;
  /** The apps that are served under an id. */
  readonly members: (servedAs: AppId) => readonly App[];
}

/** Made once for many questions about the same View; nothing is worked out before it is asked for. `runs` is what HAProxy runs, where that is known. */
export function makeLookup(view: View, runs: () => Pick<Document, 'maps'> | undefined = () => undefined): ViewLookup {
  const { snapshot, leftOut, problems, document } = view;
  const services = view.shut.length === 0 ? view.services : [...view.services, ...view.shut];
  const byApp = byKey(services, ({ front }) => front.app);
  const byName = byKey(services, ({ front }): string => front.name);
  const leftOutByApp = byKey(leftOut, ({ app }) => app);
  const problemsByApp = byKey(problems, ({ owner }) => (owner.by === 'app' ? owner.app : undefined));
  const groups = lazily(() => membersOf(view));
  const rulesTo = lazily(() => makeRulesTo(document));
  const app: ViewLookup['app'] = (id) => {
    const found = snapshot.apps[placeOf(snapshot.apps, id)];
    return found?.id === id ? found : undefined;
  };
  return {
    view,
    app,
    services: byApp,
    leftOut: leftOutByApp,
    backend: (name) => byName(name).at(-1),
    spare: (name) => [...servedBySpares(runs() ?? { maps: {} })].find(([, served]) => served === name)?.[0],
    problems: problemsByApp,
    rules: ({ front }) => rulesTo()(front),
    servedAs: (id) => groups().get(id) ?? id,
    members: (servedAs) => {
      const ids = [...groups()].flatMap(([id, group]) => (group === servedAs ? [id] : []));
      return (ids.length === 0 ? [servedAs] : ids).flatMap((id) => app(id) ?? []);
    },
  };
}
