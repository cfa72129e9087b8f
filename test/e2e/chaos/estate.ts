import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AppForm } from '../../../src/demo/marathon.ts';
import { reloadsIn, type LogLine, type Running } from '../command.ts';
import { makeFolder } from '../ends.ts';
import type { Ends } from '../fixtures/stage.ts';
import { fleetHost, makeFleet, startMany, type Fleet, type FleetTask } from '../fleet.ts';
import { openCluster, type Cluster } from '../open-cluster.ts';
import { writeHeldHaproxy, type HeldHaproxy } from '../slow-haproxy.ts';
import { makeTraffic, type Traffic } from '../traffic.ts';
import { makeDoor, type Door } from './door.ts';

/** The apps that are served all the time, of so many tasks each; those with numbers from here on are for the faults. */
export const APPS = 8;
const TASKS = 4;
const SPARE = 14;
/** An app that Marathon and HAProxy check; its tasks do not change. */
export const CHECKED = APPS - 1;
/** Those whose tasks change while something is broken, and that checked one, are asked all the time. */
const ASKED = [0, 1, CHECKED];

/** Of clients, longer than HAProxy stands still. */
const PATIENCE_MS = 20_000;

/** The command, as it is ended and started again. */
export interface Daemons {
  /** The one that runs, or ran last. */
  readonly now: () => Running;
  /** With words in front of it, and further flags. */
  readonly start: (more?: { readonly before?: readonly string[]; readonly words?: readonly string[] }) => void;
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
  readonly log: () => readonly LogLine[];
  readonly reloads: () => number;
}

/** What faults are made in: apps, two ways to their Marathon, a daemon, HAProxy. */
export interface Estate {
  readonly cluster: Cluster;
  readonly doors: readonly [Door, Door];
  readonly fleet: Fleet;
  /** By the number of their app. */
  readonly tasks: Map<number, readonly FleetTask[]>;
  readonly daemons: Daemons;
  /** Whether file systems can be mounted here: the folder of the cluster is then one of 8 MB. */
  readonly mounts: boolean;
  /** One app is scaled, up and down by turns, and a task of another one moves. */
  readonly change: () => Promise<void>;
  /** A new app comes, and the one that came the last time goes: HAProxy must be reloaded for it. */
  readonly changeApps: () => Promise<void>;
  /** haproxy -c finds nothing in the file. */
  readonly isValid: () => Promise<boolean>;
  readonly traffic: () => readonly Traffic[];
  /** Templates of the operator's. */
  readonly templates: string;
  /** The program that the daemon runs as HAProxy. */
  readonly held: HeldHaproxy;
}

interface Opening {
  readonly ends: Ends;
  /** Mounts a file system for it, where that can be done. */
  readonly mount: boolean;
  /** Further flags of each daemon. */
  readonly words?: readonly string[];
}

/** An estate that is served. */
export async function openEstate({ ends, mount, words = [] }: Opening): Promise<Estate> {
  const folder = await makeFolder(ends);
  const mounts = mount && (await mounted(folder, ends));
  const doors = [await makeDoor(ends), await makeDoor(ends)] as const;
  const cluster = await openCluster({
    ends,
    folder,
    urls: doors.map(({ url }) => url),
    configName: 'etc/haproxy.cfg',
    settings: { heartBeatMs: 300 },
  });
  for (const door of doors) door.leadTo(cluster.marathon.url);
  const templates = path.join(folder, 'templates');
  await mkdir(templates);
  await mkdir(path.dirname(cluster.config));
  const fleet = await makeFleet(cluster, APPS + SPARE);
  const tasks = await deployAll(cluster, fleet);
  const held = await writeHeldHaproxy(path.join(folder, 'bin'));
  const daemons = makeDaemons(cluster, held, ['--stream-timeout', '2', '--templates-dir', templates, ...words]);
  daemons.start();
  await daemons.now().logged(/has loaded the configuration/);
  await cluster.agreed();
  return {
    ...{ cluster, doors, fleet, tasks, daemons, mounts, templates, held },
    change: makeChange(cluster, fleet, tasks),
    changeApps: makeAppChange(cluster, fleet),
    isValid: () => promisify(execFile)('haproxy', ['-c', '-f', cluster.config]).then(yes, no),
    traffic: () =>
      ASKED.map((n) => makeTraffic({ port: cluster.ports.http, host: fleetHost(n), ends, pauseMs: 30, deadlineMs: PATIENCE_MS })),
  };
}

const yes = (): boolean => true;
const no = (): boolean => false;

/** A small file system of its own, so that a full disk is not everybody's; false where this user can't mount. */
async function mounted(folder: string, ends: Ends): Promise<boolean> {
  const run = promisify(execFile);
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'chaos', folder]).then(yes, no);
  if (isMounted) ends.push(() => run('umount', ['--lazy', folder]));
  return isMounted;
}

/** The form of app n. */
export function appOf(fleet: Fleet, n: number): AppForm {
  const app: AppForm = { ...fleet.appOf(n), instances: TASKS };
  if (n !== CHECKED) return app;
  return { ...app, healthChecks: [{ protocol: 'MESOS_HTTP', path: '/', portIndex: 0, intervalSeconds: 1, timeoutSeconds: 2 }] };
}

async function deployAll({ marathon }: Cluster, fleet: Fleet): Promise<Map<number, readonly FleetTask[]>> {
  const tasks = new Map<number, readonly FleetTask[]>();
  for (let n = 0; n < APPS; n++) {
    const app = appOf(fleet, n);
    marathon.deploy(app);
    if (n !== CHECKED) tasks.set(n, await startMany(fleet, app, TASKS));
    else tasks.set(n, await Promise.all(Array.from({ length: TASKS }, () => fleet.start(app, { health: true }))));
  }
  return tasks;
}

function makeDaemons({ daemon }: Cluster, { folder }: HeldHaproxy, words: readonly string[]): Daemons {
  const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const all: Running[] = [];
  const now = (): Running => all.at(-1) as Running;
  const log = (): readonly LogLine[] => all.flatMap((one) => one.log());
  return {
    now,
    log,
    start: ({ before = [], words: flags = [] } = {}) => void all.push(daemon([...words, ...flags], { before, env })),
    end: async (signal) => {
      now().signal(signal);
      await now().ended;
    },
    reloads: () => reloadsIn(log()),
  };
}

function makeChange({ marathon }: Cluster, fleet: Fleet, tasks: Map<number, readonly FleetTask[]>): () => Promise<void> {
  let turn = 0;
  const start = async (n: number): Promise<void> => {
    const task = await fleet.start(appOf(fleet, n));
    tasks.set(n, [...(tasks.get(n) ?? []), task]);
  };
  const killOldest = async (n: number): Promise<void> => {
    const [oldest, ...rest] = tasks.get(n) ?? [];
    tasks.set(n, rest);
    if (oldest !== undefined) await fleet.kill(oldest);
  };
  return async () => {
    const [scaled, moved] = turn % 4 < 2 ? [0, 1] : [1, 0];
    const isUp = turn % 2 === 0;
    turn++;
    marathon.scale(`/fleet-${scaled}`, isUp ? TASKS + 1 : TASKS);
    await (isUp ? start(scaled) : killOldest(scaled));
    await start(moved);
    await killOldest(moved);
  };
}

/** The apps that come and go by turns. */
const PASSING = [APPS + SPARE - 2, APPS + SPARE - 1] as const;

function makeAppChange({ marathon }: Cluster, fleet: Fleet): () => Promise<void> {
  let turn = 0;
  let last: FleetTask | undefined;
  return async () => {
    const app = appOf(fleet, PASSING[turn % 2] ?? APPS);
    const before = last;
    turn++;
    marathon.deploy(app);
    last = await fleet.start(app);
    if (before === undefined) return;
    marathon.remove(before.app);
    await before.backend.close();
  };
}
