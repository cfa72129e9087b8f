import { setTimeout } from 'node:timers/promises';
import { startBackend, type RunningBackend } from './backends.ts';
import { makeBasket, type Basket, type Deploy } from './basket.ts';
import type { Marathon } from './marathon.ts';
import { makePodStory, type PodStory } from './pod-story.ts';
import { makeShop, type Shop } from './shop.ts';

/** The app of Calico's tutorial "Connecting to Tasks", and the agents of its tasks. */
const APP = '/nginx';
const AGENTS = ['172.24.197.101', '172.24.197.102'] as const;
/** The addresses of the first tasks: 127.84.0.196 stands for Calico's 192.168.84.196, and so on. */
export const FIRST = ['127.84.0.196', '127.84.0.197', '127.50.0.70'] as const;

/** Where the story's app runs, and who is told what happens. */
export interface StorySettings {
  readonly marathon: Marathon;
  /** The port inside the containers: 80 in the tutorial. */
  readonly containerPort: number;
  readonly servicePort: number;
  readonly host: string;
  readonly say: (sentence: string) => void;
  /** Whether there is a pod as well; false when left out. */
  readonly pod?: boolean;
  /** Where HAProxy answers. */
  readonly at: { readonly address: string; readonly port: number };
  /** Carries out the deployments of the story. */
  readonly deploy: Deploy;
  /** The time between two events of the story, in milliseconds. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** The tutorial's app, a shop, and a basket that is deployed in two colours, with a real backend for each task. */
export interface Story {
  /** Puts the apps and their tasks into Marathon. Rejects with a sentence when a backend can't listen. */
  begin(): Promise<void>;
  /** Does the next step, over and over: adds a task, replaces one, removes one; then what happens to the shop, and deployments of the basket. */
  goOn(): Promise<void>;
  end(): Promise<void>;
}

interface RunningTask {
  readonly id: string;
  readonly backend: RunningBackend;
}

/** How long a killed task still answers, in milliseconds: Marathon's `taskKillGracePeriodSeconds`. */
const GRACE_MS = 1_500;

/** Makes the story; nothing happens before `begin`. */
export function makeStory(settings: StorySettings): Story {
  return new Tutorial(settings);
}

class Tutorial implements Story {
  readonly #settings: StorySettings;
  readonly #tasks: RunningTask[] = [];
  readonly #shop: Shop;
  readonly #pod: PodStory | undefined;
  readonly #basket: Basket;
  readonly #steps: readonly (() => Promise<void>)[];
  #started = 0;
  #step = 0;

  constructor(settings: StorySettings) {
    this.#settings = settings;
    this.#shop = makeShop(settings);
    this.#pod = settings.pod ? makePodStory(settings) : undefined;
    this.#basket = makeBasket(settings);
    const own = [() => this.#scaleUp(), () => this.#replace(), () => this.#scaleDown()];
    const { good, sick, failing } = this.#basket;
    this.#steps = [...own, good, ...(this.#pod?.steps ?? []), ...this.#shop.steps, sick, failing];
  }

  async begin(): Promise<void> {
    const { marathon, host, containerPort, servicePort } = this.#settings;
    const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: host };
    const ports = [{ containerPort, servicePort }];
    marathon.deploy({ id: APP, instances: FIRST.length, network: 'container', networkName: 'calico', labels, ports });
    while (this.#tasks.length < FIRST.length) await this.#addTask();
    await this.#shop.begin();
    await this.#pod?.begin();
    await this.#basket.begin();
  }

  async goOn(): Promise<void> {
    await this.#steps[this.#step++ % this.#steps.length]?.();
  }

  async end(): Promise<void> {
    await Promise.all([...this.#tasks.map(({ backend }) => backend.close()), this.#shop.end(), this.#pod?.end()]);
  }

  async #scaleUp(): Promise<void> {
    const { marathon, say } = this.#settings;
    marathon.scale(APP, FIRST.length + 1);
    say(`${APP} is scaled to ${FIRST.length + 1}: a new task runs at ${await this.#addTask()}`);
  }

  async #replace(): Promise<void> {
    this.#settings.say(`${APP}: a task is replaced, a new one runs at ${await this.#addTask()} and the oldest is killed`);
    await this.#killOldest();
  }

  async #scaleDown(): Promise<void> {
    const { marathon, say } = this.#settings;
    marathon.scale(APP, FIRST.length);
    say(`${APP} is scaled to ${FIRST.length}: the oldest task is killed`);
    await this.#killOldest();
  }

  async #addTask(): Promise<string> {
    const { marathon, containerPort } = this.#settings;
    const address = FIRST[this.#started] ?? `127.50.0.${70 + (this.#started % 180)}`;
    const host = AGENTS[this.#started % AGENTS.length] ?? AGENTS[0];
    this.#started++;
    const backend = await startBackend({ address, port: containerPort, name: `nginx task ${this.#started}` });
    this.#tasks.push({ id: marathon.addTask(APP, { host, addresses: [address] }), backend });
    return `${address}:${containerPort}`;
  }

  async #killOldest(): Promise<void> {
    const task = this.#tasks.shift();
    if (task === undefined) return;
    const { marathon } = this.#settings;
    marathon.setTaskState(APP, task.id, 'TASK_KILLING');
    await setTimeout(GRACE_MS);
    marathon.setTaskState(APP, task.id, 'TASK_KILLED');
    await task.backend.close();
  }
}
