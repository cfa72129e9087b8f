import type { Running } from '../model/document.ts';
import type { View } from '../model/view.ts';
import type { SetGauge } from './metrics.ts';

/** Sets the gauges of what a View has. What a View counts is counted once. */
export function makeViewFigures(): (view: View | undefined, set: SetGauge) => void {
  let last: { readonly view: View; readonly counts: Counts } | undefined;
  return (view, set) => {
    if (view === undefined) return;
    if (last?.view !== view) last = { view, counts: countsOf(view) };
    const { tasks, serves, draining, leftOut, problems } = last.counts;
    set('apps', view.snapshot.apps.length);
    set('tasks', tasks);
    set('services', view.services.length);
    set('servers', serves, { state: 'serves' });
    set('servers', draining, { state: 'draining' });
    for (const [why, count] of leftOut) set('leftOut', count, { why });
    for (const [code, count] of problems) set('problems', count, { code });
    set('held', view.held?.losses ?? 0);
  };
}

/** Sets the gauges of what HAProxy has and no line says. */
export function setRunningFigures(running: Running | undefined, set: SetGauge): void {
  const stages = countBy([...(running?.exceptions.values() ?? [])], ({ stage }) => stage);
  set('servers', stages.get('checking') ?? 0, { state: 'checking' });
  set('servers', stages.get('stopped') ?? 0, { state: 'stopped' });
}

interface Counts {
  readonly tasks: number;
  readonly serves: number;
  readonly draining: number;
  readonly leftOut: ReadonlyMap<string, number>;
  readonly problems: ReadonlyMap<string, number>;
}

function countsOf({ snapshot, services, leftOut, problems }: View): Counts {
  let [serves, draining] = [0, 0];
  for (const { backend } of services) {
    for (const server of backend.servers) {
      if (server.draining) draining++;
      else serves++;
    }
    draining += backend.leaving.length;
  }
  return {
    tasks: snapshot.apps.reduce((sum, { tasks }) => sum + tasks.length, 0),
    serves,
    draining,
    leftOut: countBy(leftOut, ({ why }) => why),
    problems: countBy(problems, ({ code }) => code),
  };
}

function countBy<Element>(list: readonly Element[], keyOf: (element: Element) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const element of list) {
    const key = keyOf(element);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
