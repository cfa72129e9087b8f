import { setTimeout } from 'node:timers/promises';
import { startBackend, type RunningBackend } from './backends.ts';
import type { Marathon, PodForm } from './marathon.ts';

/** Where the pod runs, and who is told what happens to it. */
export interface PodStorySettings {
  readonly marathon: Marathon;
  /** The port inside the containers. */
  readonly containerPort: number;
  readonly say: (sentence: string) => void;
}

/** A pod of the story: it is scaled, one of its containers fails, and it is rolled to a new version. */
export interface PodStory {
  readonly begin: () => Promise<void>;
  readonly steps: readonly (() => Promise<void>)[];
  readonly end: () => Promise<void>;
}

const POD = '/cart';
/** Its virtual host. */
export const POD_HOST = 'cart.acme.org';
/** The addresses of its first instances. */
export const POD_INSTANCES = ['127.52.0.10', '127.52.0.11'] as const;
/** How long a killed container still answers, in milliseconds. */
const GRACE_MS = 500;

interface Running {
  readonly id: string;
  readonly backend: RunningBackend;
}

/** The pod; nothing happens before `begin`. */
export function makePodStory({ marathon, containerPort, say }: PodStorySettings): PodStory {
  const running: Running[] = [];
  let started = 0;
  const add = async (): Promise<string> => {
    const address = POD_INSTANCES[started] ?? `127.52.0.${10 + (started % 200)}`;
    started++;
    const backend = await startBackend({ address, port: containerPort, name: `cart instance ${started}` });
    const networks = [{ name: 'calico', addresses: [address] }];
    running.push({ id: marathon.addInstance(POD, { host: '172.24.197.101', networks, healthy: true }), backend });
    return address;
  };
  const killOldest = async (): Promise<void> => {
    const oldest = running.shift();
    if (oldest === undefined) return;
    marathon.killInstance(POD, oldest.id);
    await setTimeout(GRACE_MS);
    await oldest.backend.close();
  };
  const deploy = (instances: number, version: string): void => {
    marathon.deployPod(formOf(containerPort, instances, version));
  };
  const roll = async (): Promise<void> => {
    deploy(POD_INSTANCES.length, String(started));
    for (const _ of POD_INSTANCES) {
      await add();
      await killOldest();
    }
    say(`${POD}: all instances were replaced by instances of a new version`);
  };
  return {
    async begin() {
      deploy(POD_INSTANCES.length, '1');
      for (const _ of POD_INSTANCES) await add();
    },
    steps: [
      async () => {
        deploy(POD_INSTANCES.length + 1, '1');
        say(`${POD} is scaled to ${POD_INSTANCES.length + 1} instances: a new one runs at ${await add()}`);
      },
      () => {
        const [first] = running;
        if (first !== undefined) marathon.setContainerHealth({ pod: POD, instance: first.id, container: 'log' }, false);
        say(`${POD}: the check of a sidecar fails, and the web container beside it serves on`);
        return Promise.resolve();
      },
      async () => {
        deploy(POD_INSTANCES.length, '1');
        say(`${POD} is scaled to ${POD_INSTANCES.length} instances: the oldest is killed`);
        await killOldest();
      },
      roll,
    ],
    async end() {
      await Promise.all(running.map(({ backend }) => backend.close()));
    },
  };
}

function formOf(containerPort: number, instances: number, version: string): PodForm {
  const times = { gracePeriodSeconds: 2, intervalSeconds: 2, timeoutSeconds: 2, maxConsecutiveFailures: 1 };
  return {
    id: POD,
    instances,
    labels: { HAPROXY_GROUP: 'external', version },
    networks: [{ mode: 'container', name: 'calico' }],
    containers: [
      { name: 'web', endpoints: [{ name: 'http', containerPort, labels: { HAPROXY_VHOST: POD_HOST } }] },
      { name: 'log', healthCheck: { exec: { command: { shell: 'true' } }, ...times } },
    ],
  };
}
