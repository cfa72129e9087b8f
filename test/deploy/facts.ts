import type { Facts } from '../../src/deploy/decide.ts';
import type { Balancer, Colour, Group, Lock, DeployPlan, BalancerServer } from '../../src/deploy/shapes.ts';

/** The labels that zdd gives the newer app of a group of `target`. */
export function newer(target: number, newInstances = 0): Readonly<Record<string, string>> {
  return {
    HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(target),
    HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(newInstances),
    HAPROXY_DEPLOYMENT_STARTED_AT: '2026-01-02T00:00:00.000Z',
  };
}

/** A colour whose tasks are `<id>.1` and so on, all alive. */
export function colour(id: string, tasks: number, more: Partial<Colour> = {}): Colour {
  const list = Array.from({ length: tasks }, (_, i) => ({ id: `${id}.${i + 1}`, alive: true }));
  return { id, colour: id.slice(1), instances: tasks, deploying: false, tasks: list, labels: {}, changedAt: 0, json: { id }, ...more };
}

const SERVER: BalancerServer = { serving: false, draining: false, sessions: 0, requests: 0, errors: 0, answerMs: 0 };
export const UP: BalancerServer = { ...SERVER, serving: true };
export const DRAINED: BalancerServer = { ...SERVER, draining: true };
export const BUSY: BalancerServer = { ...DRAINED, sessions: 2 };
export const CHECKING: BalancerServer = SERVER;

/** A load balancer that has these tasks. */
export function balancer(servers: Readonly<Record<string, BalancerServer>>, name = '10.0.0.1:9090'): Balancer {
  return { name, servers: new Map(Object.entries(servers)) };
}

const PLAN: DeployPlan = { growth: { by: 'half' }, stepMs: 300_000, onTimeout: 'kill', direction: 'forward' };

export const LOCK: Lock = { id: '/shop-zdd', turn: 1, owner: 'me', since: 0, beat: '', leaving: undefined, makes: undefined };

interface Case {
  readonly apps: readonly Colour[];
  readonly balancers: readonly Balancer[];
  readonly plan?: Partial<DeployPlan>;
  readonly group?: Partial<Group>;
  readonly now?: number;
}

/** The facts of a group with these apps; a second has passed since the last change. */
export function facts({ apps, balancers, plan, group, now = 1_000 }: Case): Facts {
  return { group: { name: '/shop', apps, locks: [LOCK], note: undefined, ...group }, balancers, plan: { ...PLAN, ...plan }, now };
}
