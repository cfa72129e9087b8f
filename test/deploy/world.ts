import { readGroup } from '../../src/deploy/read-group.ts';
import type { MarathonSide } from '../../src/deploy/marathon-side.ts';
import type { Balancer } from '../../src/deploy/shapes.ts';
import { makeBalancer, type BalancerForm, type LiveBalancer } from './world-balancer.ts';
import { makeTask, taskJson, type WorldTask } from './world-task.ts';

/** How a world behaves. */
export interface WorldForm {
  readonly group: string;
  readonly balancers: readonly BalancerForm[];
  /** When a task of an app runs, and when its health check passes, in ms after its start. */
  readonly startMs?: (app: string) => number;
  readonly healthyMs?: (app: string, nth: number) => number;
  /** Whether HAProxy's own check of an app's tasks passes. */
  readonly passes?: (app: string) => boolean;
  /** How long a session of a task goes on after it began to drain, in ms. */
  readonly sessionMs?: (task: string) => number;
  /** Changes that fail once, by their number from 1: a refusal as of a deployment that runs, or no answer. */
  readonly fails?: ReadonlyMap<number, 'locked' | 'no answer'>;
  /** How long Marathon's deployment that removes an app takes: as long an app of the same id can't be made. */
  readonly removeMs?: number;
}

type Json = Readonly<Record<string, unknown>>;

interface WorldApp {
  json: Json;
  instances: number;
  scaledAt: number;
  changedAt: number;
  tasks: WorldTask[];
}

/** What a killed task was to a load balancer. */
export interface Loss {
  readonly task: string;
  readonly why: string;
}

const SLICE_MS = 1_000;
const GRACE_MS = 1_000;
export const BEGIN = Date.UTC(2026, 0, 1);

/** A Marathon and its load balancers in memory, with a clock that moves only when somebody waits. */
export class World {
  readonly form: WorldForm;
  now = BEGIN;
  /** The fewest tasks that served on a load balancer at any moment since `watch`. */
  fewest = Infinity;
  readonly losses: Loss[] = [];
  readonly changes: string[] = [];
  readonly side: MarathonSide;
  readonly #apps = new Map<string, WorldApp>();
  readonly #leaving = new Map<string, number>();
  readonly #balancers: readonly LiveBalancer[];
  #number = 0;
  #watches = false;
  #last: { readonly text: string; readonly all: readonly Json[] } = { text: '', all: [] };

  constructor(form: WorldForm) {
    this.form = form;
    this.#balancers = form.balancers.map((one) => makeBalancer(one, form));
    this.side = this.#makeSide();
  }

  /** Puts an app there whose tasks have served for long. */
  put(json: Json): void {
    this.#create(json, this.now - 1e6);
    this.advance(SLICE_MS);
  }

  watch(): void {
    this.#watches = true;
    this.fewest = Infinity;
    this.#look();
  }

  /** Scales an app, as a person does meanwhile. */
  scale(id: string, instances: number): void {
    this.#resize(id, instances);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + SLICE_MS);
      for (const app of this.#apps.values()) app.tasks = app.tasks.filter(({ killedAt }) => this.now < (killedAt ?? Infinity) + GRACE_MS);
      this.#look();
    }
  }

  look(): readonly Balancer[] {
    return this.#balancers.map((one) => one.answer(this.#all(), this.now));
  }

  /** The size of each app that is no lock or note. */
  apps(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#apps].filter(([id]) => !id.includes('-zdd')).map(([id, { instances }]) => [id, instances]));
  }

  locks(): readonly string[] {
    return [...this.#apps.keys()].filter((id) => id.includes('-zdd'));
  }

  #look(): void {
    for (const one of this.#balancers) {
      one.see(this.#all(), this.now);
      if (this.#watches && !one.isAway(this.now)) this.fewest = Math.min(this.fewest, one.serving());
    }
  }

  /** The same list as before while nothing differs, so that the load balancers need not look again. */
  #all(): readonly Json[] {
    const all = [...this.#apps].map(([id, app]) => this.#json(id, app));
    const text = JSON.stringify(all);
    if (text !== this.#last.text) this.#last = { text, all };
    return this.#last.all;
  }

  #json(id: string, { json, instances, scaledAt, changedAt, tasks }: WorldApp): Json {
    const checks = Array.isArray(json['healthChecks']) ? json['healthChecks'].length : 0;
    const alive = tasks.filter(({ killedAt }) => killedAt === undefined);
    const isBusy =
      alive.length !== tasks.length || alive.some((task) => this.now < task.runsAt || (checks > 0 && this.now < task.healthyAt));
    return {
      ...json,
      id,
      instances,
      versionInfo: { lastScalingAt: new Date(scaledAt).toISOString(), lastConfigChangeAt: new Date(changedAt).toISOString() },
      deployments: isBusy ? [{ id: `deployment of ${id}` }] : [],
      tasks: tasks.map((task) => taskJson(task, { checks, now: this.now })),
    };
  }

  #create(json: Json, at: number): void {
    const id = String(json['id']);
    this.#apps.set(id, { json, instances: 0, scaledAt: at, changedAt: at, tasks: [] });
    this.#resize(id, Number(json['instances'] ?? 1), at);
  }

  #resize(id: string, instances: number, at = this.now): void {
    const app = this.#apps.get(id);
    if (app === undefined) return;
    app.instances = instances;
    app.scaledAt = at;
    const alive = app.tasks.filter(({ killedAt }) => killedAt === undefined);
    for (const task of alive.slice(instances)) this.#kill(task);
    for (let i = alive.length; i < instances; i++) {
      const runsAt = at + (this.form.startMs?.(id) ?? 0);
      const healthyAt = runsAt + (this.form.healthyMs?.(id, i + 1) ?? 0);
      app.tasks.push(makeTask({ app: id, json: app.json, number: ++this.#number, runsAt, healthyAt }));
    }
    this.#look();
  }

  /** Ends a task, and notes when a load balancer still gives it requests, or a session is cut. */
  #kill(task: WorldTask): void {
    const uses = this.#balancers.flatMap((one) => one.useOf(task.id, this.now) ?? []);
    if (uses.length > 0) this.losses.push({ task: task.id, why: uses.join(', ') });
    task.killedAt = this.now;
  }

  #isBusy(id: string): boolean {
    const app = this.#apps.get(id);
    return app !== undefined && (this.#json(id, app)['deployments'] as readonly unknown[]).length > 0;
  }

  /** Notes a change; whether Marathon takes it. Throws when it is to fail. */
  #takes(what: string): boolean {
    this.changes.push(what);
    const failure = this.form.fails?.get(this.changes.length);
    if (failure === 'no answer') throw new Error(`no answer to ${what}`);
    return failure === undefined;
  }

  #makeSide(): MarathonSide {
    return {
      read: (group) => Promise.resolve(readGroup(group, this.#all())),
      create: (app) => this.#do(`create ${String(app['id'])}`, () => this.#createIfFree(app)),
      change: (id, change, force) => this.#do(`change ${id} ${Object.keys(change).join()}`, () => this.#change(id, change, force ?? false)),
      kill: (tasks) => this.#do(`kill ${tasks.join()}`, () => this.#killTasks(tasks)),
      remove: (id, force) => this.#do(`remove ${id}`, () => this.#remove(id, force ?? false)),
    };
  }

  async #do(what: string, work: () => boolean): Promise<boolean> {
    await Promise.resolve();
    const done = this.#takes(what) && work();
    this.#look();
    return done;
  }

  #createIfFree(app: Json): boolean {
    const id = String(app['id']);
    if (this.#apps.has(id) || this.now < (this.#leaving.get(id) ?? 0)) return false;
    this.#create(app, this.now);
    return true;
  }

  #change(id: string, change: Json, force: boolean): boolean {
    const app = this.#apps.get(id);
    if (app === undefined) return this.#createIfFree({ ...change, id, instances: 0 });
    if (this.#isBusy(id) && !force) return false;
    if (typeof change['instances'] === 'number' && change['instances'] !== app.instances) this.#resize(id, change['instances']);
    if (change['labels'] !== undefined) app.json = { ...app.json, labels: change['labels'] };
    return true;
  }

  #killTasks(ids: readonly string[]): boolean {
    const apps = [...this.#apps].filter(([, { tasks }]) => tasks.some(({ id }) => ids.includes(id)));
    if (apps.some(([id]) => this.#isBusy(id))) return false;
    for (const [, app] of apps) {
      const killed = app.tasks.filter(({ id, killedAt }) => ids.includes(id) && killedAt === undefined);
      for (const task of killed) this.#kill(task);
      app.instances -= killed.length;
      app.scaledAt = this.now;
    }
    return true;
  }

  #remove(id: string, force: boolean): boolean {
    const app = this.#apps.get(id);
    if (app === undefined) return true;
    if (this.#isBusy(id) && !force) return false;
    for (const task of app.tasks) if (task.killedAt === undefined) this.#kill(task);
    this.#apps.delete(id);
    this.#leaving.set(id, this.now + (this.form.removeMs ?? 0));
    return true;
  }
}
