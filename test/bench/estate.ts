import { setTimeout as sleep } from 'node:timers/promises';
import type { Marathon } from '../../src/demo/marathon.ts';
import { addressOf } from './all-tasks.ts';

/** How large an estate is at first. */
export interface EstateSize {
  readonly apps: number;
  readonly tasks: number;
  /** Whether every other app is a pod. */
  readonly pods: boolean;
  /** Further labels of every app. */
  readonly labels?: Readonly<Record<string, string>>;
}

interface Ports {
  readonly container: number;
  readonly service: number;
}

/** An estate that the embedded Marathon tells, and what happens to it. */
export class Estate {
  /** The addresses of tasks that have ended. */
  readonly ended = new Set<string>();
  readonly #marathon: Marathon;
  readonly #size: EstateSize;
  readonly #ports: Ports;
  readonly #running = new Map<number, { readonly id: string; readonly address: string }[]>();
  #addresses = 0;
  #apps = 0;

  constructor(marathon: Marathon, size: EstateSize, ports: Ports) {
    this.#marathon = marathon;
    this.#size = size;
    this.#ports = ports;
    while (this.#apps < size.apps) this.deploy();
  }

  /** An app more, with its tasks. Returns its number. */
  deploy(): number {
    const i = this.#apps++;
    if (this.#isPod(i)) {
      const web = { name: 'web', endpoints: [{ name: 'http', containerPort: this.#ports.container }] };
      const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: hostOf(i), ...this.#size.labels };
      const networks = [{ mode: 'container', name: 'calico' }];
      this.#marathon.deployPod({ id: idOf(i), instances: this.#size.tasks, labels, networks, containers: [web, { name: 'log' }] });
    } else
      this.#marathon.deploy({
        id: idOf(i),
        network: 'container',
        instances: this.#size.tasks,
        labels: {
          ...{ HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: hostOf(i), HAPROXY_0_FRONTEND_HEAD: '', HAPROXY_0_FRONTEND_BACKEND_GLUE: '' },
          ...this.#size.labels,
        },
        ports: [{ containerPort: this.#ports.container, servicePort: this.#ports.service + i }],
      });
    for (let task = 0; task < this.#size.tasks; task++) this.start(i);
    return i;
  }

  /** A task more. Returns its address. */
  start(app: number): string {
    const address = addressOf(this.#addresses++);
    const host = `10.0.0.${1 + (this.#addresses % 200)}`;
    const id = this.#isPod(app)
      ? this.#marathon.addInstance(idOf(app), { host, networks: [{ name: 'calico', addresses: [address] }] })
      : this.#marathon.addTask(idOf(app), { host, addresses: [address] });
    this.#running.set(app, [...(this.#running.get(app) ?? []), { id, address }]);
    return address;
  }

  /** The oldest task is killed: it answers while it is being killed, and no more after it. */
  async kill(app: number): Promise<void> {
    const [oldest, ...rest] = this.#running.get(app) ?? [];
    if (oldest === undefined) return;
    this.#running.set(app, rest);
    if (this.#isPod(app)) {
      for (const container of ['web', 'log'])
        this.#marathon.setContainer({ pod: idOf(app), instance: oldest.id, container }, 'TASK_KILLING');
    } else this.#marathon.setTaskState(idOf(app), oldest.id, 'TASK_KILLING');
    await sleep(50);
    this.ended.add(oldest.address);
    if (this.#isPod(app)) this.#marathon.killInstance(idOf(app), oldest.id);
    else this.#marathon.setTaskState(idOf(app), oldest.id, 'TASK_KILLED');
  }

  #isPod(app: number): boolean {
    return this.#size.pods && app % 2 === 1;
  }

  /** The number of an app that was there at first. */
  random(): number {
    return Math.floor(Math.random() * this.#size.apps);
  }
}

const idOf = (app: number): string => `/team-${app % 97}/service-${app}`;
/** The virtual host of an app. */
export const hostOf = (app: number): string => `service-${app}.acme.org`;
