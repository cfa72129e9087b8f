/**
 * New apps on an estate that is followed, from Marathon's event to the first answer; and new tasks while HAProxy reloads. Each run has a daemon, a
 * HAProxy and an estate of its own, and the table has the medians of the runs.
 *
 *   npm run bench:apps                       1,000 apps of 5 tasks; 16 new apps in each of three runs, as many as there are spare backends
 *   npm run bench:apps -- 10000 5 100 1      10,000 apps of 5 tasks; 100 new apps in one run
 *   npm run bench:apps -- 10000 5 memory     instead: the daemon's memory over 20,000 changes of tasks with a reload after every 1,000
 *   npm run bench:apps -- 1000 5 memory 4000 100   the same with 4,000 changes, a hundred a second (200)
 *   TRACE=1 npm run bench:apps               with what the slowest changes waited for
 *   FLAGS='--spare-backends 0' npm run bench:apps   with more flags for the daemon
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { firstAnswer, firstOfApp, inWords, share } from './answers.ts';
import { openCluster, type Cluster } from './cluster.ts';
import type { EstateSize } from './estate.ts';
import { quarters } from './quarters.ts';
import { slowest, type Sample } from './trace.ts';

/** The columns of one row. */
type Row = Readonly<Record<string, string>>;

/** What one run saw; times in ms, in ascending order. */
interface Run {
  readonly apps: readonly number[];
  /** The reloads while the apps came. */
  readonly reloads: number;
  /** Tasks that started while HAProxy reloaded. */
  readonly tasks: readonly number[];
  readonly requests: number;
  readonly failed: string;
}

/** The pause between two new apps, in ms. */
const BETWEEN_APPS = 500;
/** So many reloads are asked for, and while each runs a task starts at each step, in ms. */
const RELOADS = 5;
const STEP = 100;
/** A reload that the daemon does not make is not waited for longer, in ms. */
const LONGEST_RELOAD = 30_000;

const ascending = (all: readonly number[]): readonly number[] => [...all].sort((a, b) => a - b);

/** One change and its wait, taken down. */
async function noted(what: string, wait: () => Promise<number>): Promise<Sample> {
  const at = performance.timeOrigin + performance.now();
  return { what, at, ms: await wait() };
}

async function newApps({ estate, http }: Cluster, count: number): Promise<readonly Sample[]> {
  const waits: Promise<Sample>[] = [];
  for (let i = 0; i < count; i++) {
    waits.push(noted(`new app ${i + 1}`, () => firstOfApp(estate, http)));
    await sleep(BETWEEN_APPS);
  }
  return Promise.all(waits);
}

/** Starts tasks from the moment at which a reload is asked for until it has ended. */
async function tasksDuringReloads({ estate, http, askReload, reloads }: Cluster): Promise<readonly Sample[]> {
  const waits: Promise<Sample>[] = [];
  for (let i = 0; i < RELOADS; i++) {
    const [before, until] = [reloads(), performance.now() + LONGEST_RELOAD];
    askReload();
    while (reloads() === before && performance.now() < until) {
      waits.push(noted(`new task, reload ${i + 1}`, () => firstAnswer(estate, estate.random(), http)));
      await sleep(STEP);
    }
    await Promise.all(waits);
    await sleep(1_000);
  }
  return Promise.all(waits);
}

async function runOnce(size: EstateSize, count: number): Promise<Run> {
  const cluster = await openCluster(size);
  const before = cluster.reloads();
  const apps = await newApps(cluster, count);
  const reloads = cluster.reloads() - before;
  const tasks = await tasksDuringReloads(cluster);
  if (cluster.trace !== undefined) for (const samples of [apps, tasks]) process.stdout.write(`${await slowest(samples, cluster.trace)}\n`);
  await cluster.close();
  const waits = (samples: readonly Sample[]): readonly number[] => ascending(samples.map(({ ms }) => ms));
  return {
    apps: waits(apps),
    reloads,
    tasks: waits(tasks),
    requests: cluster.traffic.requests(),
    failed: inWords(cluster.traffic.failures),
  };
}

/** One row of several runs: medians of their shares, sums of their requests. */
function rowOf(runs: readonly Run[]): Row {
  const middle = (of: (run: Run) => number): number => ascending(runs.map(of))[runs.length >> 1] ?? NaN;
  const both = (of: (run: Run) => readonly number[]): string =>
    [0.5, 0.95].map((part) => middle((run) => share(of(run), part)).toFixed(0)).join(' / ');
  const failures = runs.map(({ failed }) => failed).filter((failed) => failed !== '0');
  return {
    'new apps': runs.map(({ apps }) => apps.length).join(', '),
    'first answer, p50 / p95 (ms)': both(({ apps }) => apps),
    reloads: runs.map((run) => run.reloads).join(', '),
    'new tasks during a reload': runs.map(({ tasks }) => tasks.length).join(', '),
    'their first answer, p50 / p95 (ms)': both(({ tasks }) => tasks),
    'requests meanwhile': String(runs.reduce((sum, { requests }) => sum + requests, 0)),
    failed: failures.join('; ') || '0',
  };
}

/** Tasks come and go, with reloads between; what the daemon's memory does meanwhile. */
async function memoryRow(size: EstateSize, { changes, perSecond }: { readonly changes: number; readonly perSecond: number }): Promise<Row> {
  const cluster = await openCluster(size);
  const { estate, cost } = cluster;
  const before = cost();
  const seen: number[] = [];
  const sampling = setInterval(() => seen.push(cost().rss), 250);
  const kills: Promise<void>[] = [];
  const start = performance.now();
  for (let i = 0; i < changes; i += 2) {
    const app = estate.random();
    estate.start(app);
    kills.push(estate.kill(app));
    if (i % 1_000 === 0) cluster.askReload();
    await sleep(Math.max(0, start + ((i + 2) * 1000) / perSecond - performance.now()));
  }
  await Promise.all(kills);
  await sleep(5_000);
  clearInterval(sampling);
  const after = cost();
  await cluster.close();
  return {
    changes: `${changes}, ${perSecond}/s`,
    reloads: String(after.reloads - before.reloads),
    'memory before (MB)': before.rss.toFixed(0),
    'mean of each quarter (MB)': quarters(seen)
      .map((mb) => mb.toFixed(0))
      .join(', '),
    'most (MB)': Math.max(...seen).toFixed(0),
    'at the end (MB)': after.rss.toFixed(0),
    'CPU per change (ms)': ((after.cpu - before.cpu) / changes).toFixed(1),
    failed: inWords(cluster.traffic.failures),
  };
}

/** A table as README.md has them. */
function markdown(row: Row): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const names = Object.keys(row);
  return [line(names), line(names.map(() => '---')), line(Object.values(row))].join('\n');
}

const words = process.argv.slice(2);
const [apps = 1_000, tasks = 5, third, fourth] = words.filter((word) => word !== 'memory').map(Number);
const size = { apps, tasks, pods: false };
const { stdout } = await execa('haproxy', ['-v']);
const release = { HAProxy: /version (\d+(?:\.\d+)+)/.exec(stdout)?.[1] ?? '?', 'apps x tasks': `${apps} x ${tasks}` };
if (words.includes('memory')) {
  const row = await memoryRow(size, { changes: third ?? 20_000, perSecond: fourth ?? 200 });
  process.stdout.write(`${markdown({ ...release, ...row })}\n`);
} else {
  const runs: Run[] = [];
  for (let i = 0; i < (fourth ?? 3); i++) runs.push(await runOnce(size, third ?? 16));
  process.stdout.write(`${markdown({ ...release, ...rowOf(runs) })}\n`);
}
