import type { Sleep } from '../lib/clock.ts';
import { withDeadline, within } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { keep } from '../lib/keep.ts';
import { sentence } from '../lib/sentence.ts';
import type { AppId } from '../model/names.ts';
import type { App, Definition, Port, Task } from '../model/snapshot.ts';
import type { Client } from './client.ts';
import type { Complete, Decode } from './read-to-news.ts';

/** How earlier versions of apps are read from Marathon. */
export interface VersionSettings extends Pick<Client, 'readVersion'> {
  readonly decode: Decode;
  /** Assigns host ports, which Marathon packs, to the port indices of a definition. */
  readonly unpack: (packed: readonly number[], ports: readonly Port[]) => readonly (number | undefined)[];
  /** How long a read waits for versions, in milliseconds; 2 s when left out. A later result is used at the next read. */
  readonly waitMs?: number;
  /** How long reading one version may take, in milliseconds; 10 s when left out. */
  readonly deadlineMs?: number;
  /** How many versions are read at the same time; 4 when left out. */
  readonly atOnce?: number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'warn'>;
}

/** An older version of an app. */
interface Old {
  readonly id: AppId;
  readonly version: string;
  readonly pod?: true;
}

/**
 * Gives each task that was started before its app's last change of configuration the definition it was started with, if its network, ports or checks
 * differ, so that a new version's check does not take old tasks down and its ports do not send clients to the wrong place. A version that can't be
 * read is tried again when the app is read the next time. The same version is always the same object.
 */
export function makeVersions(settings: VersionSettings): Complete {
  const { waitMs = 2_000, sleep, unpack } = settings;
  const known = new Map<string, Definition>();
  const told = new Set<string>();
  const { fetch, giveUp } = makeFetch(settings, { known, told });

  return async (apps, { whole, signal }) => {
    const old = new Map(apps.flatMap(oldVersions).map((one) => [keyOf(one), one]));
    if (whole) for (const memory of [known, told]) forgetOthers(memory, old);
    const missing = [...old.values()].filter((one) => !known.has(keyOf(one)));
    if (missing.length > 0) await within(fetch(missing, signal), { ms: waitMs, signal, sleep });
    giveUp(missing);
    return old.size === 0 ? apps : apps.map((app) => withVersions(app, { known, unpack }));
  };
}

/** Returns the versions that tasks were started with, if the configuration has changed since then. Scaling makes a version without such a change. */
function oldVersions({ id, definition, tasks }: App): readonly Old[] {
  const { pod } = definition;
  return tasks.flatMap((task) => (isOld(task, definition) ? [{ id, version: task.version, ...(pod && { pod }) }] : []));
}

function isOld(task: Task, { changedAt }: Definition): task is Task & { readonly version: string } {
  return task.of === undefined && task.version !== undefined && changedAt !== undefined && task.version < changedAt;
}

function keyOf({ id, version }: Old): string {
  return `${id} ${version}`;
}

function forgetOthers(memory: Map<string, unknown> | Set<string>, wanted: ReadonlyMap<string, Old>): void {
  for (const key of memory.keys()) if (!wanted.has(key)) memory.delete(key);
}

interface VersionMemory {
  readonly known: Map<string, Definition>;
  /** The versions whose failure was logged. */
  readonly told: Set<string>;
}

interface Fetch {
  /** Resolves when all versions have been tried. */
  readonly fetch: (wanted: readonly Old[], signal: AbortSignal) => Promise<void>;
  /** Cancels reads that have not started, because nobody waits for them any more. */
  readonly giveUp: (wanted: readonly Old[]) => void;
}

/** Makes the functions that read versions into the memory, a few at a time and each only once at a time. */
function makeFetch(settings: VersionSettings, { known, told }: VersionMemory): Fetch {
  const { atOnce = 4, log } = settings;
  const inTurn = makeTurns(atOnce);
  const wanted = new Set<string>();
  const reading = new Map<string, Promise<void>>();

  async function read(one: Old, signal: AbortSignal): Promise<void> {
    const key = keyOf(one);
    if (!wanted.has(key) || isOver(signal)) return;
    try {
      known.set(key, await readDefinition(one, settings, signal));
    } catch (error) {
      if (isOver(signal) || told.has(key)) return;
      told.add(key);
      const facts = { app: one.id, version: one.version, reason: sentence(error) };
      log.warn(facts, 'an older version of an app could not be read, so its tasks are treated as tasks of the new version');
    }
  }

  function begin(one: Old, signal: AbortSignal): Promise<void> {
    const key = keyOf(one);
    wanted.add(key);
    const begun = reading.get(key) ?? inTurn(() => read(one, signal)).finally(() => reading.delete(key));
    reading.set(key, begun);
    return begun;
  }

  return {
    async fetch(list, signal) {
      await Promise.all(list.map((one) => begin(one, signal)));
    },
    giveUp(list) {
      for (const one of list) wanted.delete(keyOf(one));
    },
  };
}

/** A function, so that TypeScript does not assume that the value stays the same across an `await`. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Makes a function that runs at most `most` works at a time, in the order of the calls. */
function makeTurns(most: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next(); // it takes the place of the work that has ended
    }
  };
}

/** Reads one version's definition. Rejects with a sentence. */
async function readDefinition(one: Old, settings: VersionSettings, signal: AbortSignal): Promise<Definition> {
  const { readVersion, decode, deadlineMs = 10_000, sleep } = settings;
  const late = (): Error => new Error(`no whole answer within ${deadlineMs} ms`);
  return withDeadline({ ms: deadlineMs, signal, sleep, late }, async (enough) => {
    const json = await readVersion({ ...one, signal: enough });
    if (json === undefined) throw new Error('Marathon does not have this version any more');
    const read = decode(json);
    if ('problem' in read) throw new Error(read.problem.message);
    return read.app.definition;
  });
}

interface Filling extends Pick<VersionSettings, 'unpack'> {
  readonly known: ReadonlyMap<string, Definition>;
}

/** Returns the app with `of` set for tasks of older versions; the same object when there are none. */
function withVersions(app: App, filling: Filling): App {
  const tasks = app.tasks.map((task) => withVersion(task, app.definition, filling));
  return tasks.every((task, i) => task === app.tasks[i]) ? app : { ...app, tasks };
}

/** Returns the task with its own version's definition, by which its host ports are assigned again. */
function withVersion(task: Task, definition: Definition, { known, unpack }: Filling): Task {
  const found = isOld(task, definition) ? known.get(keyOf({ id: definition.id, version: task.version })) : undefined;
  const old = found && definition.pod ? inOrderOf(definition, found) : found;
  if (old === undefined || isSame(old, definition)) return task;
  if (definition.pod) return { ...task, of: old }; // its host ports came with the names of their endpoints
  const packed = task.hostPorts.filter((port) => port !== undefined);
  return { ...task, hostPorts: unpack(packed, old.ports), of: old };
}

/**
 * An older version of a pod, with its endpoints in the order of the newer version, because labels count the endpoints of the newer one. An endpoint that
 * the older version lacks belongs to no container there.
 */
function inOrderOf(newer: Definition, old: Definition): Definition {
  const placeOf = ({ name }: Port): number => newer.ports.findIndex((port) => port.name === name);
  const ports = newer.ports.map((port) => old.ports.find(({ name }) => name === port.name) ?? { ...port, containerName: '' });
  const checks = old.checks.map((check) => {
    const port = check.at !== undefined && 'index' in check.at ? old.ports[check.at.index] : undefined;
    const index = port === undefined ? -1 : placeOf(port);
    return { ...check, at: index < 0 ? undefined : { index } };
  });
  return { ...old, ports, checks };
}

/** Whether tasks of both definitions are reached and checked in the same way. */
function isSame({ network, ports, checks }: Definition, other: Definition): boolean {
  return network === other.network && keep(ports, other.ports) === ports && keep(checks, other.checks) === checks;
}
