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

interface RunningPod {
  readonly id: string;
  readonly backend: RunningBackend;
}

/** The pod; nothing happens before `begin`. */
export function makePodStory(settings: PodStorySettings): PodStory {
  const { marathon, say } = settings;
  const cart = new Cart(settings);
  const most = POD_INSTANCES.length;
  return {
    async begin() {
      cart.deploy(most, '1');
      for (let i = 0; i < most; i++) await cart.add();
    },
    steps: [
      async () => {
        cart.deploy(most + 1, '1');
        say(`${POD} is scaled to ${most + 1} instances: a new one runs at ${await cart.add()}`);
      },
      () => {
        const first = cart.oldest();
        if (first !== undefined) marathon.setContainerHealth({ pod: POD, instance: first, container: 'log' }, false);
        say(`${POD}: the check of a sidecar fails, and the web container beside it serves on`);
        return Promise.resolve();
      },
      async () => {
        cart.deploy(most, '1');
        say(`${POD} is scaled to ${most} instances: the oldest is killed`);
        await cart.killOldest();
      },
      async () => {
        await cart.roll();
        say(`${POD}: all instances were replaced by instances of a new version`);
      },
    ],
    end: () => cart.end(),
  };
}

/** The instances of the pod, each with a server that stands for its web container. */
class Cart {
  readonly #settings: PodStorySettings;
  readonly #running: RunningPod[] = [];
  #started = 0;

  constructor(settings: PodStorySettings) {
    this.#settings = settings;
  }

  oldest(): string | undefined {
    return this.#running[0]?.id;
  }

  deploy(instances: number, version: string): void {
    this.#settings.marathon.deployPod(formOf(this.#settings.containerPort, instances, version));
  }

  /** Starts an instance, and returns its address. */
  async add(): Promise<string> {
    const { marathon, containerPort } = this.#settings;
    const address = POD_INSTANCES[this.#started] ?? `127.52.0.${10 + (this.#started % 200)}`;
    this.#started++;
    const backend = await startBackend({ address, port: containerPort, name: `cart instance ${this.#started}` });
    const networks = [{ name: 'calico', addresses: [address] }];
    this.#running.push({ id: marathon.addInstance(POD, { host: '172.24.197.101', networks, healthy: true }), backend });
    return address;
  }

  async killOldest(): Promise<void> {
    const oldest = this.#running.shift();
    if (oldest === undefined) return;
    this.#settings.marathon.killInstance(POD, oldest.id);
    await setTimeout(GRACE_MS);
    await oldest.backend.close();
  }

  /** Replaces each instance by one of a new version. */
  async roll(): Promise<void> {
    this.deploy(POD_INSTANCES.length, String(this.#started));
    let left = POD_INSTANCES.length;
    while (left-- > 0) {
      await this.add();
      await this.killOldest();
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.map(({ backend }) => backend.close()));
  }
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
