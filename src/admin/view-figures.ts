import { setImmediate } from 'node:timers/promises';
import { isClassName } from '../haproxy/classes.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import type { Running } from '../model/document.ts';
import type { View } from '../model/view.ts';
import type { SetGauge } from './metrics.ts';

/** Sets the gauges of what a View has. What a View has is counted once, with turns for everything else. */
export function makeViewFigures(): (view: View | undefined, set: SetGauge) => Promise<void> {
  let last: { readonly view: View; readonly counts: ViewCounts } | undefined;
  return async (view, set) => {
    if (view === undefined) return;
    if (last?.view !== view) last = { view, counts: await countsOf(view) };
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
  const { spares, ...document } = running?.document ?? { maps: {} };
  const served = servedBySpares(document);
  if (spares === undefined || spares.some(({ backend }) => isClassName(backend))) return; // from HAProxy 3.4 on there are none
  set('spareBackends', served.size, { state: 'taken' });
  set('spareBackends', Math.max(0, spares.length - served.size), { state: 'free' });
  for (const [proxy, backend] of served) set('spareServes', 1, { proxy, backend });
}

interface ViewCounts {
  readonly tasks: number;
  readonly serves: number;
  readonly draining: number;
  readonly leftOut: ReadonlyMap<string, number>;
  readonly problems: ReadonlyMap<string, number>;
}

/** So many services, or apps, are counted at a time. */
const AT_A_TIME = 1_000;

async function countsOf({ snapshot, services, leftOut, problems }: View): Promise<ViewCounts> {
  let [serves, draining] = [0, 0];
  for (const [i, { backend }] of services.entries()) {
    if (i % AT_A_TIME === 0) await setImmediate();
    for (const server of backend.servers) {
      if (server.draining) draining++;
      else serves++;
    }
    draining += backend.leaving.length;
  }
  await setImmediate();
  const tasks = snapshot.apps.reduce((sum, app) => sum + app.tasks.length, 0);
  await setImmediate();
  return {
    tasks,
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
