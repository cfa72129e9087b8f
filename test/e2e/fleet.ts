import { setTimeout as sleep } from 'node:timers/promises';
import { startBackend, type RunningBackend } from '../../src/demo/backends.ts';
import type { AppForm, TaskForm } from '../../src/demo/marathon.ts';
import type { Cluster } from './cluster.ts';
import { freePorts } from './ports.ts';

/** A task of a fleet, and the server that stands for it. */
export interface FleetTask {
  readonly id: string;
  readonly app: string;
  readonly address: string;
  readonly backend: RunningBackend;
}

/** Apps and tasks in numbers, each task with an address and a server of its own. */
export interface Fleet {
  /** An app under its own virtual host and service port: number 0 is `/fleet-0`, under `fleet-0.acme.org`. */
  readonly appOf: (n: number) => AppForm;
  /** Starts a server at the app's port and an address that none had before, then its task. */
  readonly start: (app: AppForm, task?: Pick<TaskForm, 'health'>) => Promise<FleetTask>;
  /** As Marathon kills: TASK_KILLING, the server ends a second later (after three seconds by default in Marathon), TASK_KILLED. */
  readonly kill: (task: FleetTask) => Promise<void>;
}

export const fleetHost = (n: number): string => `fleet-${n}.acme.org`;

/** From TASK_KILLING to the end of the server; Marathon's own is three seconds. */
const GRACE_MS = 1_000;
/** Host names of agents are not resolved for tasks with addresses of their own. */
const AGENTS = ['172.24.197.101', '172.24.197.102'] as const;

/** The fleet of a cluster, for so many apps. */
export async function makeFleet({ marathon, ports, ends }: Cluster, apps: number): Promise<Fleet> {
  const servicePorts = await freePorts(apps);
  let started = 0;
  return {
    appOf: (n) => ({
      id: `/fleet-${n}`,
      instances: 2,
      network: 'container',
      labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: fleetHost(n) },
      ports: [{ containerPort: ports.container, servicePort: servicePorts[n] ?? 0 }],
    }),
    start: async (app, { health } = {}) => {
      const n = started++;
      const address = `127.60.${Math.floor(n / 200)}.${1 + (n % 200)}`;
      const backend = await startBackend({ address, port: app.ports?.[0]?.containerPort ?? 0, name: app.id });
      ends.push(() => backend.close());
      const form: TaskForm = { host: AGENTS[n % 2] ?? AGENTS[0], addresses: [address], ...(health !== undefined && { health }) };
      return { id: marathon.addTask(app.id, form), app: app.id, address, backend };
    },
    kill: async ({ id, app, backend }) => {
      marathon.setTaskState(app, id, 'TASK_KILLING');
      await sleep(GRACE_MS);
      await backend.close();
      marathon.setTaskState(app, id, 'TASK_KILLED');
    },
  };
}

/** Starts so many tasks of an app. */
export async function startMany(fleet: Fleet, app: AppForm, count: number): Promise<readonly FleetTask[]> {
  return Promise.all(Array.from({ length: count }, () => fleet.start(app)));
}
