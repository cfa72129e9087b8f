import { setTimeout } from 'node:timers/promises';
import { startBackend, type RunningBackend } from './backends.ts';
import type { JsonObject } from './marathon-app.ts';
import { isObject } from './marathon-store.ts';
import type { Marathon } from './marathon.ts';
import { networkOf, portsOf, withServicePorts, type OwnPort } from './own-ports.ts';
import type { Story } from './story.ts';

/** A person's own app definitions, and where the demo puts them. */
export interface OwnAppsSettings {
  readonly marathon: Marathon;
  /** App definitions as they would be sent to Marathon, each with its whole id. */
  readonly definitions: readonly JsonObject[];
  /** The address and port of the shared http frontend, for what a person may try. */
  readonly at: string;
  readonly say: (sentence: string) => void;
}

/** The story of a person's own definitions. */
export interface OwnApps extends Story {
  /** Virtual hosts of the apps, one of each port that has any. */
  readonly hosts: readonly string[];
}

interface RunningTask {
  readonly id: string;
  readonly backends: readonly RunningBackend[];
}

interface OwnApp {
  readonly id: string;
  readonly definition: JsonObject;
  readonly ports: readonly OwnPort[];
  readonly tasks: RunningTask[];
}

/** Marathon's own first service port, and more tasks than these of an app are not started. */
const [FIRST_PORT, MOST_TASKS] = [10_000, 3];
/** The first port that Mesos gives a task on its agent. */
const FIRST_HOST_PORT = 31_000;
/** How long a killed task still answers, in milliseconds. */
const GRACE_MS = 1_500;

/** Makes the story of these definitions; nothing happens before `begin`. Each step replaces the oldest task of one of the apps. */
export function makeOwnApps(settings: OwnAppsSettings): OwnApps {
  const apps = readApps(settings.definitions);
  let [started, step] = [0, 0];
  const add = async (app: OwnApp): Promise<string> => {
    started++;
    const { text, task } = await startTask(settings.marathon, app, started);
    app.tasks.push(task);
    return text;
  };
  return {
    hosts: apps.flatMap(({ definition }) => entriesOf(definition).map(({ host }) => host)),
    begin: async () => {
      for (const app of apps) {
        settings.marathon.putRaw(app.definition);
        const wanted = Math.min(Number(app.definition['instances'] ?? 1), MOST_TASKS);
        const where: string[] = [];
        while (app.tasks.length < wanted) where.push(await add(app));
        settings.say(introduce(app, where, settings.at));
      }
    },
    goOn: async () => {
      const app = apps[step++ % apps.length];
      const [oldest] = app?.tasks ?? [];
      if (app === undefined || oldest === undefined) return;
      settings.say(`${app.id}: a task is replaced, a new one runs at ${await add(app)} and the oldest is killed`);
      app.tasks.shift();
      await end(settings.marathon, app.id, oldest);
    },
    end: async () => {
      await Promise.all(apps.flatMap(({ tasks }) => tasks.flatMap(({ backends }) => backends.map((backend) => backend.close()))));
    },
  };
}

/** The apps as Marathon holds them: with times, and with service ports where the definitions leave them open. */
function readApps(definitions: readonly JsonObject[]): readonly OwnApp[] {
  const taken = new Set(definitions.flatMap((one) => portsOf(one).map(({ service }) => service)));
  const at = new Date().toISOString();
  let last = FIRST_PORT - 1;
  const next = (): number => {
    do last++;
    while (taken.has(last));
    return last;
  };
  return definitions.map((written) => {
    const ports = portsOf(written).map((port) => ({ ...port, service: port.service === 0 ? next() : port.service }));
    const services = ports.map(({ service }) => service);
    const times = { version: at, versionInfo: { lastScalingAt: at, lastConfigChangeAt: at } };
    const definition = { instances: 1, ...withServicePorts(written, services), ...times };
    return { id: String(written['id']), definition, ports, tasks: [] };
  });
}

/** Starts a backend for each TCP port of a task, then tells Marathon of it; also where it runs, in words. */
async function startTask(marathon: Marathon, app: OwnApp, nth: number): Promise<{ readonly text: string; readonly task: RunningTask }> {
  const address = `127.61.${Math.floor(nth / 200)}.${10 + (nth % 200)}`;
  const onAgent = networkOf(app.definition) !== 'container';
  const hostPorts = app.ports.map((_, i) => FIRST_HOST_PORT + i);
  const backends: RunningBackend[] = [];
  for (const [i, { container, tcp }] of app.ports.entries()) {
    const port = onAgent || container === 0 ? (hostPorts[i] ?? 0) : container;
    if (tcp) backends.push(await startBackend({ address, port, name: `${app.id.slice(1)} task ${nth}` }));
  }
  const health = Array.isArray(app.definition['healthChecks']) && app.definition['healthChecks'].length > 0 ? { health: true } : {};
  const where = onAgent ? { host: address, addresses: [], ports: hostPorts } : { host: '172.24.197.101', addresses: [address], ports: [] };
  const task = { id: marathon.addTask(app.id, { ...where, ...health }), backends };
  return { text: backends.map((backend) => `${backend.address}:${backend.port}`).join(' and ') || address, task };
}

async function end(marathon: Marathon, appId: string, { id, backends }: RunningTask): Promise<void> {
  marathon.setTaskState(appId, id, 'TASK_KILLING');
  await setTimeout(GRACE_MS);
  marathon.setTaskState(appId, id, 'TASK_KILLED');
  await Promise.all(backends.map((backend) => backend.close()));
}

/** One virtual host of each port that has any, with a path where the port has only some. */
function entriesOf(definition: JsonObject): readonly { readonly host: string; readonly path: string }[] {
  const labels = isObject(definition['labels']) ? definition['labels'] : {};
  return Object.entries(labels).flatMap(([name, value]) => {
    const index = /^HAPROXY_(\d+)_VHOST$/.exec(name)?.[1];
    const [host] = index === undefined ? [] : String(value).split(/[\s,]+/);
    if (host === undefined || host === '') return [];
    const paths = labels[`HAPROXY_${index ?? ''}_PATH`];
    const path = (typeof paths === 'string' ? paths : '/').split(' ').find((word) => word.startsWith('/'));
    return { host, path: path ?? '/' };
  });
}

function introduce({ id, definition, ports, tasks }: OwnApp, where: readonly string[], at: string): string {
  const running = tasks.length === 0 ? 'no task' : `${tasks.length === 1 ? '1 task' : `${tasks.length} tasks`} at ${where.join(', ')}`;
  const tries = entriesOf(definition).map(({ host, path }) => `curl -H "Host: ${host}" http://${at}${path}`);
  const services = ports.map(({ service }) => service).join(', ');
  const port = ports.length === 0 ? 'it has no ports' : `service ports: ${services}`;
  return `${id}: ${running}; ${port}${tries.length === 0 ? '' : `. Try:  ${tries.join('   ')}`}`;
}
