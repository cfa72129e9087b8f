import { waitsSince, decide } from './decide.ts';
import type { Balancer, Colour, Group, DeployPlan } from './shapes.ts';
import { countServing, sortBalancers, sortLeaving } from './balancer-counts.ts';

/** A deployment as it is now. */
export interface DeployStatus {
  readonly group: string;
  readonly state: 'none' | 'running' | 'paused' | 'aborting' | 'hybrid' | 'undriven' | 'refused';
  readonly colours: readonly {
    readonly app: string;
    readonly colour: string;
    readonly instances: number;
    readonly serving: number;
    readonly draining: number;
    readonly sessions: number;
  }[];
  /** What is waited for, or done next. */
  readonly step: string;
  /** Who drives the deployment; null when nobody does. */
  readonly owner: string | null;
  /** When the present step has taken its time; null when nothing is under way. ISO 8601 in UTC. */
  readonly deadline: string | null;
  /** What went wrong with Marathon's or a load balancer's answer; null when nothing. */
  readonly lastError: string | null;
}

interface Seen {
  readonly group: Group;
  readonly balancers: readonly Balancer[];
  readonly plan: DeployPlan;
  readonly now: number;
}

/** Describes a deployment from what Marathon and the load balancers say. */
export function statusOf(seen: Seen): DeployStatus {
  const { group, balancers, plan } = seen;
  const { answered, silent } = sortBalancers(balancers);
  const step = decide(seen);
  const [old, young] = group.apps;
  const lock = group.locks.at(-1);
  const row = (app: Colour): DeployStatus['colours'][number] => {
    const { drained, busy, sessions } = sortLeaving(app, answered);
    return {
      app: app.id,
      colour: app.colour,
      instances: app.instances,
      serving: countServing(app, answered),
      draining: drained.length + busy.length,
      sessions,
    };
  };
  const since = old === undefined || young === undefined ? undefined : waitsSince({ old, young, lock });
  return {
    group: group.name,
    state: stateOf(group, step.do === 'done' ? step.as : step.do),
    colours: group.apps.map(row),
    step: 'for' in step ? `waits for ${step.for}` : 'why' in step ? step.why : 'app' in step ? `${step.do} ${step.app.id}` : step.do,
    owner: lock?.owner ?? null,
    deadline: since === undefined || group.note === 'pause' ? null : new Date(since + plan.stepMs).toISOString(),
    lastError: silent.length > 0 ? silent.join('; ') : null,
  };
}

function stateOf({ apps, note, locks }: Group, step: string): DeployStatus['state'] {
  if (step === 'refuse') return 'refused';
  if (apps.length < 2) return 'none';
  if (note === 'abort') return 'aborting';
  if (note === 'pause') return 'paused';
  if (step === 'hybrid') return 'hybrid';
  return locks.length === 0 ? 'undriven' : 'running';
}

/** The status as a table for people. */
export function describeDeployment({ group, state, colours, step, owner, deadline, lastError }: DeployStatus): string {
  const head = ['app', 'colour', 'instances', 'serving', 'draining', 'sessions'];
  const rows = [head, ...colours.map((one) => [one.app, one.colour, one.instances, one.serving, one.draining, one.sessions].map(String))];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  const table = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const lines = [`${group}: ${state}`, ...table, `next: ${step}`, `driven by: ${owner ?? 'nobody'}`];
  return (
    [
      ...lines,
      ...(deadline === null ? [] : [`this step may take until: ${deadline}`]),
      ...(lastError === null ? [] : [`last error: ${lastError}`]),
    ].join('\n') + '\n'
  );
}
