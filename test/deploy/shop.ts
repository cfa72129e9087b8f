import type { DeployTask } from '../../src/deploy/engine.ts';
import { prepare } from '../../src/deploy/prepare.ts';
import type { DeployPlan } from '../../src/deploy/shapes.ts';
import type { BalancerForm } from './world-balancer.ts';
import { World, type WorldForm } from './world.ts';

const CHECKS = [{ protocol: 'MESOS_HTTP', path: '/', portIndex: 0 }];

const NETWORKS = {
  calico: { networks: [{ mode: 'container', name: 'calico' }], container: { portMappings: [{ containerPort: 80, servicePort: 10000 }] } },
  'calico with a host port': {
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000 }] },
  },
  'calico with two ports': {
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [80, 81].map((containerPort, i) => ({ containerPort, servicePort: 10000 + i })) },
  },
  host: { networks: [{ mode: 'host' }], portDefinitions: [{ port: 10000, protocol: 'tcp' }] },
  'host with two ports': { networks: [{ mode: 'host' }], portDefinitions: [10000, 10001].map((port) => ({ port, protocol: 'tcp' })) },
} as const;

/** What is deployed, and how. */
export interface Wanted {
  readonly instances?: number;
  readonly group?: string;
  readonly network?: keyof typeof NETWORKS;
  readonly checks?: boolean;
  readonly initial?: number;
  readonly newInstances?: number;
  readonly plan?: Partial<DeployPlan>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The app as its author wrote it. */
export function definition({ instances = 4, group = '/shop', network = 'calico', checks = true, labels = {} }: Wanted) {
  return {
    id: '/shop',
    instances,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_DEPLOYMENT_GROUP: group, HAPROXY_DEPLOYMENT_ALT_PORT: '10009', ...labels },
    ...NETWORKS[network],
    ...(checks && { healthChecks: CHECKS }),
  };
}

/** What the command line says, where a story says nothing else. */
export const PLAN: DeployPlan = { growth: { by: 'half' }, stepMs: 30_000, onTimeout: 'wait', direction: 'forward' };

/** What a run is to do. */
export function taskOf(wanted: Wanted): DeployTask {
  const { initial = 1, newInstances = 0, plan = {} } = wanted;
  return {
    plan: { ...PLAN, ...plan },
    make: ({ apps }) =>
      prepare({
        app: definition(wanted),
        previous: apps.at(-1),
        initial,
        newInstances,
        instancesFrom: 'running',
        growth: PLAN.growth,
        now: new Date(Date.UTC(2026, 0, 1)),
      }),
    key: 'two',
    confirm: () => Promise.resolve(),
  };
}

/** A marathon-lb-ts, and a marathon-lb 1.15. */
export const OURS: BalancerForm = { name: 'lb1', kind: 'ours' };
export const OLD: BalancerForm = { name: 'lb2', kind: 'old' };

/** A world in which blue serves alone, as an earlier deployment made it. */
export function opener(wanted: Wanted, form: Partial<WorldForm> = {}): () => World {
  const blue = prepare({
    app: definition(wanted),
    previous: undefined,
    initial: 1,
    newInstances: 0,
    instancesFrom: 'json',
    growth: PLAN.growth,
    now: new Date(Date.UTC(2025, 0, 1)),
  });
  return () => {
    const world = new World({ group: wanted.group ?? '/shop', balancers: [OURS], startMs: () => 2_000, ...form });
    world.put(blue);
    return world;
  };
}
