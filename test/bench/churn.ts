/**
 * Task changes on an estate that is followed: how long a new task waits for its first request, whether any request fails meanwhile, and what it
 * costs.
 *
 *   npm run bench:churn                     1,000 and 10,000 apps of 5 tasks, 280 changes, ten a second
 *   npm run bench:churn -- 1000 5 20000 200 1,000 apps of 5 tasks, 20,000 changes, two hundred a second
 *   FLAGS='--spare-backends 0' npm run bench:churn -- 1000 5 480 10 80   with more flags for the daemon
 *   npm run bench:churn -- 1000 --pods      every other app is a pod of two containers
 *   npm run bench:churn -- 10000 5 480 10 80  the same with a new app beside every eightieth change
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMarathon, type Marathon } from '../../src/demo/marathon.ts';
import { makeProcess } from '../../src/process/process.ts';
import { freePorts } from '../e2e/ports.ts';
import { now } from '../../src/lib/clock.ts';
import { addressOf, startTasks } from './all-tasks.ts';
import { quarters } from './quarters.ts';

interface Size {
  readonly apps: number;
  readonly tasks: number;
  readonly changes: number;
  readonly perSecond: number;
  /** Beside every so many changes an app comes; none when 0. */
  readonly newAppEvery: number;
  /** Whether every other app is a pod. */
  readonly pods: boolean;
}

interface Asked {
  readonly status: string;
  readonly task: string;
}

function ask(port: number, host: string, agent: Agent): Promise<Asked> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent, headers: { host }, timeout: 10_000 }, (response) => {
      response.resume().on('end', () => {
        resolve({ status: String(response.statusCode), task: String(response.headers['x-task']) });
      });
    });
    request
      .on('timeout', () => request.destroy(new Error('no answer in time')))
      .on('error', (error: NodeJS.ErrnoException) => {
        resolve({ status: error.code ?? error.message, task: '' });
      });
  });
}

/** The estate, and what happens to it. */
class Estate {
  readonly ended = new Set<string>();
  readonly #marathon: Marathon;
  readonly #size: Size;
  readonly #ports: { readonly container: number; readonly service: number };
  readonly #running = new Map<number, { readonly id: string; readonly address: string }[]>();
  #addresses = 0;
  #apps = 0;

  constructor(marathon: Marathon, size: Size, ports: { readonly container: number; readonly service: number }) {
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
      const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: hostOf(i) };
      const networks = [{ mode: 'container', name: 'calico' }];
      this.#marathon.deployPod({ id: idOf(i), instances: this.#size.tasks, labels, networks, containers: [web, { name: 'log' }] });
    } else
      this.#marathon.deploy({
        id: idOf(i),
        network: 'container',
        instances: this.#size.tasks,
        labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: hostOf(i), HAPROXY_0_FRONTEND_HEAD: '', HAPROXY_0_FRONTEND_BACKEND_GLUE: '' },
        ports: [{ containerPort: this.#ports.container, servicePort: this.#ports.service + i }],
      });
    for (let task = 0; task < this.#size.tasks; task++) this.start(i);
    return i;
  }

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

  random(): number {
    return Math.floor(Math.random() * this.#size.apps);
  }
}

const idOf = (app: number): string => `/team-${app % 97}/service-${app}`;
const hostOf = (app: number): string => `service-${app}.acme.org`;

interface Daemon {
  readonly child: ChildProcess;
  readonly reloads: () => number;
  readonly ready: Promise<void>;
}

function startDaemon(words: readonly string[]): Daemon {
  const child = spawn(process.execPath, ['bin/marathon-lb-ts.js', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let reloads = 0;
  let tell = (): void => undefined;
  const ready = new Promise<void>((resolve) => (tell = resolve));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    reloads += text.split('has loaded the configuration').length - 1;
    if (reloads > 0) tell();
    for (const line of text.split('\n'))
      if (/"level":"(warn|error)"/.test(line) && !line.includes('"certificate"')) process.stderr.write(`${line}\n`);
  });
  return { child, reloads: () => reloads, ready };
}

/** CPU in ms so far, and memory in MB, of a process. */
function costOf(pid: number): { readonly cpu: number; readonly rss: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { cpu: (Number(fields[11]) + Number(fields[12])) * 10, rss: (Number(fields[21]) * 4096) / 1e6 };
}

interface Traffic {
  readonly requests: () => number;
  readonly failures: ReadonlyMap<string, number>;
}

/** Clients that ask random apps all the time, over connections that stay and new ones. */
function startTraffic(port: number, estate: Estate, over: AbortSignal): Traffic {
  const failures = new Map<string, number>();
  let requests = 0;
  const client = async (agent: Agent): Promise<void> => {
    while (!over.aborted) {
      const { status } = await ask(port, hostOf(estate.random()), agent);
      requests++;
      if (status !== '200') failures.set(status, (failures.get(status) ?? 0) + 1);
      await sleep(5);
    }
    agent.destroy();
  };
  for (let i = 0; i < 4; i++) void client(new Agent({ keepAlive: i < 2, maxSockets: 1 }));
  return { requests: () => requests, failures };
}

/** Starts a task, and waits for its first answer; ms. */
async function firstAnswer(estate: Estate, app: number, port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const start = performance.now();
  const address = estate.start(app);
  try {
    for (;;) {
      const { task } = await ask(port, hostOf(app), agent);
      const ms = performance.now() - start;
      if (task === address || ms > 20_000) return ms;
    }
  } finally {
    agent.destroy();
  }
}

/** Deploys an app, and waits for its first answer; ms. */
async function firstOfApp(estate: Estate, port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const start = performance.now();
  const app = estate.deploy();
  try {
    for (;;) {
      const { status } = await ask(port, hostOf(app), agent);
      const ms = performance.now() - start;
      if (status === '200' || ms > 20_000) return ms;
      await sleep(2);
    }
  } finally {
    agent.destroy();
  }
}

/** How long new tasks and new apps waited for their first answer; ms. */
interface Waits {
  readonly tasks: readonly number[];
  readonly apps: readonly number[];
}

/** A change is a task that starts or one that is killed, by turns, of one app after the other. */
async function churn(estate: Estate, { changes, perSecond, newAppEvery }: Size, port: number): Promise<Waits> {
  const [waits, apps]: [Promise<number>[], Promise<number>[]] = [[], []];
  const kills: Promise<void>[] = [];
  const start = performance.now();
  for (let i = 0; i < changes; i += 2) {
    const app = estate.random();
    if (newAppEvery > 0 && i % newAppEvery === newAppEvery >> 1) apps.push(firstOfApp(estate, port));
    waits.push(firstAnswer(estate, app, port));
    await sleep(Math.max(0, start + ((i + 1) * 1000) / perSecond - performance.now()));
    kills.push(estate.kill(app));
    await sleep(Math.max(0, start + ((i + 2) * 1000) / perSecond - performance.now()));
  }
  await Promise.all(kills);
  const sorted = async (all: readonly Promise<number>[]) => (await Promise.all(all)).sort((a, b) => a - b);
  return { tasks: await sorted(waits), apps: await sorted(apps) };
}

function share(sorted: readonly number[], part: number): string {
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(0)} ms`;
}

async function measure(size: Size): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'churn-'));
  const [http = 0, https = 0, appId = 0, stats = 0, container = 0] = await freePorts(5);
  const marathon = await startMarathon();
  const estate = new Estate(marathon, size, { container, service: 20_000 });
  const tasks = await startTasks(container, estate.ended);
  const config = path.join(folder, 'haproxy.cfg');
  const runDir = path.join(folder, 'run');
  const words = `--marathon ${marathon.url} --group external --haproxy-config ${config} --run-dir ${runDir} --state-dir ${folder}/state
    --ssl-certs ${folder}/none.pem --bind-address 127.0.0.1 --http-port ${http} --https-port ${https} --app-id-port ${appId}
    --stats-port ${stats} --nbthread 2 --log-format json ${process.env['FLAGS'] ?? ''}`;
  const daemon = startDaemon(words.trim().split(/\s+/));
  const pid = daemon.child.pid ?? 0;
  await daemon.ready;
  await sleep(size.apps > 2000 ? 8_000 : 3_000);
  const over = new AbortController();
  const traffic = startTraffic(http, estate, over.signal);
  const before = { ...costOf(pid), bytes: marathon.sent(), reloads: daemon.reloads() };
  const memory: number[] = [];
  const sampling = setInterval(() => memory.push(costOf(pid).rss), 250);
  const { tasks: waits, apps } = await churn(estate, size, http);
  clearInterval(sampling);
  const after = { ...costOf(pid), bytes: marathon.sent(), reloads: daemon.reloads() };
  over.abort();
  await sleep(200);
  daemon.child.kill('SIGTERM');
  await once(daemon.child, 'exit');
  await makeProcess({ bin: 'haproxy', runDir, config, fingerprint: () => '', now, log: { debug: () => undefined } as never }).stop();
  tasks.closeAllConnections();
  tasks.close();
  await marathon.close();
  await rm(folder, { recursive: true, force: true });
  return {
    'apps x tasks': `${size.apps}${size.pods ? ', half of them pods,' : ''} x ${size.tasks}`,
    changes: `${size.changes}, ${size.perSecond}/s${size.newAppEvery > 0 ? `, ${Math.floor(size.changes / size.newAppEvery)} new apps` : ''}`,
    'first answer p50': share(waits, 0.5),
    p95: share(waits, 0.95),
    max: share(waits, 1),
    ...(apps.length > 0 && { 'new app p50': share(apps, 0.5), 'new app p95': share(apps, 0.95) }),
    requests: String(traffic.requests()),
    failed: [...traffic.failures].map(([status, count]) => `${count} x ${status}`).join(', ') || '0',
    reloads: String(after.reloads - before.reloads),
    'read from Marathon': `${((after.bytes - before.bytes) / 1e6).toFixed(2)} MB`,
    'CPU per change': `${((after.cpu - before.cpu) / size.changes).toFixed(1)} ms`,
    'RSS before, mean of each quarter': `${[before.rss, ...quarters(memory)].map((mb) => mb.toFixed(0)).join(', ')} MB`,
  };
}

const [apps, tasks = 5, changes = 280, perSecond = 10, newAppEvery = 0] = process.argv.slice(2).filter((word) => word !== '--pods').map(Number); // prettier-ignore
const pods = process.argv.includes('--pods');
const sizes = apps === undefined ? [1_000, 10_000] : [apps];
const rows: Readonly<Record<string, string>>[] = [];
for (const size of sizes) rows.push(await measure({ apps: size, tasks, changes, perSecond, newAppEvery, pods }));
console.table(rows);
