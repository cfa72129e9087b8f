import { setTimeout as sleep } from 'node:timers/promises';
import type { AppCommands } from './marathon-app-commands.ts';
import type { JsonObject } from './marathon-app.ts';
import { checksOf, isObject, readinessOf, type HeldApp, type Store } from './marathon-store.ts';
import type { TaskCommands } from './marathon-task-commands.ts';
import type { TaskForm } from './marathon-task.ts';

/** What is to be started for a task. */
export interface Launching {
  readonly appId: string;
  readonly app: JsonObject;
}

/** A started task, and how it behaves. */
export interface Launched {
  readonly form: TaskForm;
  /** When its health checks pass, in milliseconds after its start; `never` when they fail for good. At once when left out. */
  readonly healthyAfterMs?: number | 'never';
  /** When its readiness checks pass, in milliseconds after its start; at once when left out. */
  readonly readyAfterMs?: number;
  /** Ends what stands for it, after the grace that it gets. */
  readonly stop: () => Promise<void>;
}

/** Starts what stands for a task; it may take as long as a slow start takes. */
export type Launch = (launching: Launching) => Promise<Launched>;

/** Starts and ends tasks until an app has as many as it should; each change is a deployment that ends when all of them are healthy and ready. */
export interface Runner {
  /** Begins a deployment in place of a running one, and returns its id. The tasks named go first, where there are too many. */
  readonly settle: (appId: string, killed?: readonly string[]) => string;
  /** Removes an app; its tasks end. Returns the id of the deployment. */
  readonly remove: (appId: string) => string;
  /** Resolves when everything that was started has ended. */
  readonly close: () => Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly commands: AppCommands & TaskCommands;
  readonly launch: Launch | undefined;
}

/** A runner over a store. Without `launch`, apps get no tasks, and their deployments do not end unless no task is wanted. */
export function makeRunner(parts: Parts): Runner {
  const running = new TaskRunner(parts);
  return {
    settle: (appId, killed = []) => running.settle(appId, killed),
    remove: (appId) => running.remove(appId),
    close: () => running.close(),
  };
}

class TaskRunner {
  readonly #parts: Parts;
  readonly #launched = new Map<string, Launched>();
  readonly #over = new AbortController();
  readonly #work = new Set<Promise<void>>();
  readonly #starting = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  settle(appId: string, killed: readonly string[]): string {
    const { commands, store } = this.#parts;
    if (store.apps.get(appId)?.deployment !== undefined) commands.finishDeployment(appId);
    const id = commands.startDeployment(appId);
    const wanted = this.#wanted(appId);
    const all = [...(store.apps.get(appId)?.tasks.keys() ?? [])];
    const excess = all.length - killed.length - wanted;
    const more = excess > 0 ? all.filter((task) => !killed.includes(task)).slice(-excess) : [];
    for (const task of [...killed, ...more]) this.#do(() => this.#kill(appId, task));
    const missing = wanted - all.length - (this.#starting.get(appId) ?? 0) + killed.length;
    for (let i = 0; i < missing; i++) this.#do(() => this.#start(appId));
    this.#end(appId);
    return id;
  }

  remove(appId: string): string {
    const { commands, store } = this.#parts;
    const app = store.apps.get(appId) as HeldApp;
    if (app.deployment !== undefined) commands.finishDeployment(appId);
    const id = commands.startDeployment(appId);
    const stops = [...app.tasks.keys()].flatMap((task) => this.#launched.get(task) ?? []);
    commands.remove(appId);
    for (const one of stops) this.#do(() => one.stop());
    return id;
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#work);
    await Promise.all([...this.#launched.values()].map((one) => one.stop()));
  }

  #wanted(appId: string): number {
    const definition = this.#parts.store.apps.get(appId)?.definition;
    return isObject(definition) ? Number(definition['instances'] ?? 1) : 0;
  }

  #do(work: () => Promise<void>): void {
    const done = work().catch(() => undefined); // the app has gone in the meantime, or everything ends
    this.#work.add(done);
    void done.finally(() => this.#work.delete(done));
  }

  async #start(appId: string): Promise<void> {
    const { launch, store, commands } = this.#parts;
    const app = store.apps.get(appId)?.definition;
    if (launch === undefined || !isObject(app)) return;
    this.#count(appId, 1);
    const launched = await launch({ appId, app }).finally(() => {
      this.#count(appId, -1);
    });
    if (!store.apps.has(appId) || (store.apps.get(appId)?.tasks.size ?? 0) >= this.#wanted(appId)) {
      await launched.stop();
      return;
    }
    const task = commands.addTask(appId, launched.form);
    this.#launched.set(task, launched);
    await this.#comeUp(appId, task, launched);
    this.#end(appId);
  }

  #count(appId: string, more: number): void {
    this.#starting.set(appId, (this.#starting.get(appId) ?? 0) + more);
  }

  async #comeUp(appId: string, task: string, { healthyAfterMs = 0, readyAfterMs = 0 }: Launched): Promise<void> {
    const { store, commands } = this.#parts;
    const app = store.apps.get(appId) as HeldApp;
    if (checksOf(app).length > 0) {
      if (healthyAfterMs !== 'never') await sleep(healthyAfterMs, undefined, { signal: this.#over.signal });
      commands.setHealth(appId, task, healthyAfterMs !== 'never');
    }
    if (readinessOf(app).length === 0) return;
    commands.setReady(appId, task, false);
    await sleep(readyAfterMs, undefined, { signal: this.#over.signal });
    commands.setReady(appId, task, true);
  }

  async #kill(appId: string, task: string): Promise<void> {
    const { commands } = this.#parts;
    const launched = this.#launched.get(task);
    this.#launched.delete(task);
    commands.setTaskState(appId, task, 'TASK_KILLING');
    await launched?.stop();
    commands.setTaskState(appId, task, 'TASK_KILLED');
    this.#end(appId);
  }

  /** Ends the deployment of an app when it has as many tasks as it should, and all of them are healthy and ready. */
  #end(appId: string): void {
    const { store, commands } = this.#parts;
    const app = store.apps.get(appId);
    if (app?.deployment === undefined || app.tasks.size !== this.#wanted(appId)) return;
    const [hasChecks, hasReadiness] = [checksOf(app).length > 0, readinessOf(app).length > 0];
    const fine = [...app.tasks.values()].every(({ id, health, ready, state }) => {
      const isOurs = this.#launched.has(id);
      return state === 'TASK_RUNNING' && (!hasChecks || health?.alive === true) && (!isOurs || !hasReadiness || ready !== false);
    });
    if (fine) commands.finishDeployment(appId);
  }
}
