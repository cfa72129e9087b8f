import { groupBy } from '../lib/group-by.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { App } from '../model/snapshot.ts';
import type { View } from '../model/view.ts';
import { groupOf } from '../services/group-members.ts';

/** The deployment group under which an app is served, for each app that is; read off the services, as only the operator's flags say who may be one. */
export function membersOf({ snapshot, services, leftOut }: View): ReadonlyMap<AppId, AppId> {
  const grouped = snapshot.apps.filter(({ definition }) => groupOf(definition) !== undefined);
  if (grouped.length === 0) return new Map();
  const own = new Set(snapshot.apps.map(({ id }) => id));
  const authors = new Map(services.flatMap(({ front: { app, author } }) => (author === undefined ? [] : [[author, app] as const])));
  const groups = new Set([...authors.values(), ...leftOut.flatMap(({ app }) => (own.has(app) ? [] : [app]))]);
  const servers = services.flatMap(({ front: { app }, backend }) => backend.servers.map(({ task }) => ({ app, task })));
  const withTask = [...servers, ...leftOut.flatMap(({ app, task }) => (task === undefined ? [] : [{ app, task }]))];
  const byTask = groupBy(
    withTask.filter(({ app }) => groups.has(app)),
    ({ task }) => task,
  );
  return new Map(
    grouped.flatMap((app) => {
      const group = authors.get(app.id) ?? byTasks(app, byTask) ?? byName(app, groups);
      return group === undefined ? [] : [[app.id, group] as const];
    }),
  );
}

function byTasks({ tasks }: App, byTask: ReadonlyMap<TaskId, readonly { readonly app: AppId }[]>): AppId | undefined {
  return tasks.flatMap(({ id }) => byTask.get(id) ?? [])[0]?.app;
}

/** The group of an app without tasks, whose labels are not in the View's services: the one that its label names, in any folder. */
function byName({ definition }: App, groups: ReadonlySet<AppId>): AppId | undefined {
  const named = groupOf(definition);
  return named === undefined ? undefined : [...groups].find((group) => group === named || group.endsWith(named));
}
