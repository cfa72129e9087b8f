import { byText, each, eachPair, whole } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { App, Definition, Task } from '../model/snapshot.ts';
import { isRunning } from '../model/task-states.ts';
import type { Problem } from '../model/problem.ts';
import { groupOf, membersOf, type GroupRule, type Members } from './group-members.ts';
import { APP_LABELS } from './labels.ts';

/**
 * Apps of one deployment group (blue and green) as one app under the group's name, in order of id with all the others, which are given back as
 * they are. The older app gives labels and ports; the tasks of both serve, and of the older one's as many drain as the newer one replaces.
 */
export function makeMergeGroups(rule: GroupRule = 'folder'): (apps: readonly App[]) => Merged {
  const members = whole((definitions: readonly Definition[]) => membersOf(definitions, rule));
  const definitionsOf = each(({ definition }: App) => definition);
  const isGrouped = each((definition: Definition) => groupOf(definition) !== undefined);
  const merge = whole((all: readonly (App | Members)[]) => mergeAll(all[0] as Members, all.slice(1) as readonly App[]));
  const renameBy = makeRename();
  const withDefinition = eachPair((app: App, definition: Definition): App => ({ ...app, id: definition.id, definition }));
  return (apps) => {
    const definitions = definitionsOf(apps);
    if (!isGrouped(definitions).includes(true)) return { apps, problems: NONE };
    const who = members(definitions);
    const grouped = apps.filter(({ id }) => who.of.has(id));
    const merged = merge([who, ...grouped]);
    const renamed = withDefinition(
      merged,
      renameBy(
        who,
        merged.map(({ definition }) => definition),
      ),
    );
    const others = apps.filter(({ id }) => !who.of.has(id));
    return { apps: [...others, ...renamed].sort((a, b) => byText(a.id, b.id)), problems: who.problems };
  };
}

const NONE: readonly Problem[] = [];

/** Apps, those of one deployment group as one. */
export interface Merged {
  readonly apps: readonly App[];
  /** Of apps that name a group in which they may not be. */
  readonly problems: readonly Problem[];
}

/** The definitions whose labels count for nothing, as those of the older app of their group do. */
export function overruled(apps: readonly App[], merged: readonly App[]): readonly Definition[] {
  if (apps.length === merged.length) return [];
  const inForce = new Set(merged.map(({ definition }) => definition.labels)); // a group has those of its older app, the very same
  return apps.flatMap(({ definition }) => (groupOf(definition) === undefined || inForce.has(definition.labels) ? [] : definition));
}

function read<Value>(
  labels: Definition['labels'],
  label: { readonly name: string; readonly grammar: { read(text: string): { readonly value?: Value } } },
): Value | undefined {
  const text = labels[`HAPROXY_${label.name}`];
  return text === undefined ? undefined : label.grammar.read(text).value;
}

/** Pairwise, in order of app id. */
function mergeAll({ of }: Members, grouped: readonly App[]): readonly App[] {
  const groups = new Map<AppId, App>();
  for (const app of grouped) {
    const group = of.get(app.id) ?? app.id;
    const other = groups.get(group);
    groups.set(group, other === undefined ? app : mergePair(other, app));
  }
  return [...groups.values()];
}

/** Each definition under the name of its group, with the app that it is of; the same object as before as long as the groups have the same members. */
function makeRename(): (members: Members, definitions: readonly Definition[]) => readonly Definition[] {
  let last: { readonly key: string; readonly rename: (definitions: readonly Definition[]) => readonly Definition[] } | undefined;
  return ({ of }, definitions) => {
    const key = [...of].join('\n');
    if (last?.key !== key) {
      const rename = (one: Definition): Definition => ({ ...one, id: of.get(one.id) ?? one.id, author: one.id });
      last = { key, rename: each(rename) };
    }
    return last.rename(definitions);
  };
}

/** Two apps, the second one with the larger id, as the older of the two with the tasks of both [marathon-lb: deploy groups, zdd]. */
function mergePair(first: App, second: App): App {
  const byDate = startedAt(first) > startedAt(second) ? { older: second, newer: first } : { older: first, newer: second };
  const newInstances = read(byDate.newer.definition.labels, APP_LABELS.newInstances);
  const { older, newer } = isHybrid(newInstances) ? byScaling(byDate) : byDate;
  const draining = countDraining({ older, newer, hasTarget: newInstances !== undefined });
  const tasks = [
    ...older.tasks.map((task, i): Task => (i < draining ? { ...task, draining: true } : task)),
    ...newer.tasks.map((task): Task => ({ of: newer.definition, ...task })),
  ];
  return { ...older, instances: older.instances + newer.instances, tasks: tasks.sort((a, b) => byText(a.id, b.id)) };
}

interface Colours {
  readonly older: App;
  readonly newer: App;
}

/** In ms since 1970; an app that does not say is the oldest. */
function startedAt({ definition }: App): number {
  return read(definition.labels, APP_LABELS.startedAt) ?? -Infinity;
}

/**
 * marathon-lb's zdd writes the label always, with 0 where no hybrid is wanted. In such a deployment the roles never swap: killing tasks of the
 * older app scales it, which would make it the newer one.
 */
function isHybrid(newInstances: string | undefined): boolean {
  return newInstances !== undefined && Number(newInstances) !== 0; // '' is 0 as well
}

/** While a hybrid of both is kept, the app that was scaled earlier counts as the older. */
function byScaling({ older, newer }: Colours): Colours {
  return (newer.scaledAt ?? '') < (older.scaledAt ?? '') ? { older: newer, newer: older } : { older, newer };
}

/**
 * How many of the older app's tasks drain, the first ones in order of id: as many as the newer one has healthy ones, but no more than leave the
 * target standing.
 */
function countDraining({ older, newer, hasTarget }: Colours & { readonly hasTarget: boolean }): number {
  const healthy = newer.tasks.filter((task) => isProven(task, newer)).length;
  const wanted = hasTarget ? (read(newer.definition.labels, APP_LABELS.targetInstances) ?? newer.instances) : 1;
  return Math.min(older.tasks.length, healthy, Math.max(0, healthy + older.instances - wanted));
}

/** Whether a task runs and has passed its checks, or has none. One whose health nobody knows serves when it is overdue, but proves nothing. */
function isProven(task: Task, { definition }: App): boolean {
  return isRunning(task) && task.readiness === 'ready' && (definition.checks.length === 0 || task.health === 'alive');
}
