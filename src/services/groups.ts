import { byText, each, eachPair, whole } from '../lib/lists.ts';
import { DEPLOYMENT_LEAVING_LABEL } from '../model/deployment-group.ts';
import type { AppId } from '../model/names.ts';
import type { App, Definition, Task } from '../model/snapshot.ts';
import { isRunning } from '../model/task-states.ts';
import type { Problem } from '../model/problem.ts';
import { groupOf, membersOf, type GroupRule, type Members } from './group-members.ts';
import { APP_LABELS } from './labels.ts';

/**
 * Returns a function that merges the apps of each deployment group (blue and green) into one app under the group's name, sorted by id together with
 * the other apps, which are returned unchanged. The older app gives the labels and ports. Tasks of both apps serve; as many tasks of the older app
 * drain as the newer one replaces.
 */
export function makeMergeGroups(rule: GroupRule = 'folder'): (apps: readonly App[]) => Merged {
  const members = whole((definitions: readonly Definition[]) => membersOf(definitions, rule));
  const definitionsOf = each(({ definition }: App) => definition);
  const isGrouped = each((definition: Definition) => groupOf(definition) !== undefined);
  const leavingIn = whole(leavingOf);
  const merge = whole((all: readonly (App | Members | Leaving)[]) => {
    const [who, leaving, ...grouped] = all as [Members, Leaving, ...App[]];
    return mergeAll({ who, leaving }, grouped);
  });
  const renameBy = makeRename();
  const withDefinition = eachPair((app: App, definition: Definition): App => ({ ...app, id: definition.id, definition }));
  return (apps) => {
    const definitions = definitionsOf(apps);
    if (!isGrouped(definitions).includes(true)) return { apps, problems: NONE };
    const who = members(definitions);
    const grouped = apps.filter(({ id }) => who.of.has(id));
    const merged = merge([who, leavingIn(definitions), ...grouped]);
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

/** Apps, with each deployment group merged into one app. */
export interface Merged {
  readonly apps: readonly App[];
  /** Problems of apps that name a group they may not be in. */
  readonly problems: readonly Problem[];
}

/** The definitions whose labels have no effect, because an older app of their group gives the labels. */
export function overruled(apps: readonly App[], merged: readonly App[]): readonly Definition[] {
  if (apps.length === merged.length) return [];
  const inForce = new Set(merged.map(({ definition }) => definition.labels)); // a group has the very labels object of its older app
  return apps.flatMap(({ definition }) => (groupOf(definition) === undefined || inForce.has(definition.labels) ? [] : definition));
}

function read<Value>(
  labels: Definition['labels'],
  label: { readonly name: string; readonly grammar: { read(text: string): { readonly value?: Value } } },
): Value | undefined {
  const text = labels[`HAPROXY_${label.name}`];
  return text === undefined ? undefined : label.grammar.read(text).value;
}

/** The apps whose tasks are to drain because their deployment is taken back. */
type Leaving = ReadonlySet<string>;

/** A deployment's lock, an app of 0 instances, names the app that leaves (docs/deployments.md). */
function leavingOf(definitions: readonly Definition[]): Leaving {
  return new Set(definitions.flatMap(({ labels }) => labels[DEPLOYMENT_LEAVING_LABEL] ?? []));
}

/** Merges the apps of each group two at a time, in order of app id. */
function mergeAll({ who: { of }, leaving }: { readonly who: Members; readonly leaving: Leaving }, grouped: readonly App[]): readonly App[] {
  const groups = new Map<AppId, App>();
  for (const app of grouped) {
    const group = of.get(app.id) ?? app.id;
    const other = groups.get(group);
    groups.set(group, other === undefined ? app : mergePair([other, app], leaving));
  }
  return [...groups.values()];
}

/**
 * Returns a function that gives each definition the name of its group, and the app's own id as `author`. Results stay the same objects while the
 * groups have the same members.
 */
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

/** Merges two apps, the second one with the larger id: the older of the two, with the tasks of both (marathon-lb: deploy groups, zdd). */
function mergePair([first, second]: readonly [App, App], leaving: Leaving): App {
  const byDate = startedAt(first) > startedAt(second) ? { older: second, newer: first } : { older: first, newer: second };
  const newInstances = read(byDate.newer.definition.labels, APP_LABELS.newInstances);
  const isTakenBack = leaving.has(byDate.newer.id) && !leaving.has(byDate.older.id);
  const { older, newer } = isTakenBack ? { older: byDate.newer, newer: byDate.older } : isHybrid(newInstances) ? byScaling(byDate) : byDate;
  const hasTarget = newInstances !== undefined;
  const draining = countDraining({ older, newer, hasTarget: isTakenBack || hasTarget, target: isTakenBack ? byDate.newer : newer });
  const leader = isTakenBack ? byDate.older : older; // its labels and ports stay in force when its deployment is taken back
  const owned = ({ tasks: all, definition }: App): readonly Task[] =>
    definition === leader.definition ? all : all.map((task): Task => ({ of: definition, ...task }));
  const tasks = [...owned(older).map((task, i): Task => (i < draining ? { ...task, draining: true } : task)), ...owned(newer)];
  return { ...leader, instances: older.instances + newer.instances, tasks: tasks.sort((a, b) => byText(a.id, b.id)) };
}

interface Colours {
  readonly older: App;
  readonly newer: App;
}

/** When an app's deployment started, in ms since 1970; -Infinity when the label is absent, which makes the app the oldest. */
function startedAt({ definition }: App): number {
  return read(definition.labels, APP_LABELS.startedAt) ?? -Infinity;
}

/**
 * Whether a deployment is a hybrid. marathon-lb's zdd always writes the label, with 0 when no hybrid is wanted. Without a hybrid the roles never swap
 * by scaling: killing tasks of the older app scales that app, which would make it the newer one.
 */
function isHybrid(newInstances: string | undefined): boolean {
  return newInstances !== undefined && Number(newInstances) !== 0; // '' is 0 as well
}

/** While both apps are kept as a hybrid, the app that was scaled earlier counts as the older one. */
function byScaling({ older, newer }: Colours): Colours {
  return (newer.scaledAt ?? '') < (older.scaledAt ?? '') ? { older: newer, newer: older } : { older, newer };
}

/**
 * How many of the older app's tasks drain; the first ones by id are taken. As many drain as the newer app has healthy tasks, but never so many that
 * fewer tasks than the target remain. A task of the older app that does not serve yet counts for nothing; marathon-lb counts it, and so drains one too
 * many while a deployment is taken back.
 */
function countDraining({ older, newer, hasTarget, target }: Colours & { readonly hasTarget: boolean; readonly target: App }): number {
  const healthy = newer.tasks.filter((task) => isProven(task, newer)).length;
  const wanted = hasTarget ? (read(target.definition.labels, APP_LABELS.targetInstances) ?? newer.instances) : 1;
  const serving = Math.min(older.instances, older.tasks.filter((task) => isProven(task, older)).length);
  return Math.min(older.tasks.length, healthy, Math.max(0, healthy + serving - wanted));
}

/** Whether a task runs and has passed its checks, or has no checks. A task with unknown health serves once it is overdue, but proves nothing. */
function isProven(task: Task, { definition }: App): boolean {
  return isRunning(task) && task.readiness === 'ready' && (definition.checks.length === 0 || task.health === 'alive');
}
