import type { Sleep } from '../lib/clock.ts';
import { withDeadline, within } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { keep } from '../lib/keep.ts';
import { sentence } from '../lib/sentence.ts';
import type { AppId } from '../model/names.ts';
import type { App, Definition, Port, Task } from '../model/snapshot.ts';
import type { Client } from './client.ts';
import type { Complete, Decode } from './read-to-news.ts';

export interface VersionSettings extends Pick<Client, 'readVersion'> {
  readonly decode: Decode;
  /** Gives packed host ports the indices of other ports. */
  readonly unpack: (packed: readonly number[], ports: readonly Port[]) => readonly (number | undefined)[];
  /** How long a read waits for versions, in milliseconds; what comes later counts at the next read. 2 s when left out. */
  readonly waitMs?: number;
  /** For one version, in milliseconds: 10 s when left out. */
  readonly deadlineMs?: number;
  /** How many are read at a time; 4 when left out. */
  readonly atOnce?: number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'warn'>;
}

/** A definition that an app had once. */
interface Old {
  readonly id: AppId;
  readonly version: string;
}

/**
 * Gives tasks that were started before their app's last change of configuration the definition they were started with, where its network, ports
 * or checks are others: a new version's check must not take the old tasks down, nor its ports send clients astray. What can't be read is left
 * out, and tried again when the app is read the next time. A definition is the same object each time.
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

/** The versions that an app's tasks were started with, where it has another configuration now. A scaling makes a version too, but no such one. */
function oldVersions({ id, definition, tasks }: App): readonly Old[] {
  return tasks.flatMap((task) => (isOld(task, definition) ? [{ id, version: task.version }] : []));
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

interface Memory {
  readonly known: Map<string, Definition>;
  /** What the log has heard of. */
  readonly told: Set<string>;
}

interface Fetch {
  /** Resolves when each has been tried. */
  readonly fetch: (wanted: readonly Old[], signal: AbortSignal) => Promise<void>;
  /** Nobody waits any more: what has not been begun is not read. */
  readonly giveUp: (wanted: readonly Old[]) => void;
}

/** Reads into the memory, few at a time and nothing twice at a time. */
function makeFetch(settings: VersionSettings, { known, told }: Memory): Fetch {
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
      log.warn(facts, 'an older version of an app could not be read, its tasks are taken for ones of the new version');
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

/** Asked anew each time, as it changes while something is awaited. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Runs at most so many at a time, in the order they came. */
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
      else next(); // it takes this place
    }
  };
}

/** Rejects with the sentence of what is wrong. */
async function readDefinition(one: Old, settings: VersionSettings, signal: AbortSignal): Promise<Definition> {
  const { readVersion, decode, deadlineMs = 10_000, sleep } = settings;
  const late = (): Error => new Error(`no whole answer within ${deadlineMs} ms`);
  return withDeadline({ ms: deadlineMs, signal, sleep, late }, async (enough) => {
    const json = await readVersion({ ...one, signal: enough });
    if (json === undefined) throw new Error('Marathon has it no more');
    const read = decode(json);
    if ('problem' in read) throw new Error(read.problem.message);
    return read.app.definition;
  });
}

interface Filling extends Pick<VersionSettings, 'unpack'> {
  readonly known: ReadonlyMap<string, Definition>;
}

/** The app with its tasks of older versions told apart; the same one when there are none. */
function withVersions(app: App, filling: Filling): App {
  const tasks = app.tasks.map((task) => withVersion(task, app.definition, filling));
  return tasks.every((task, i) => task === app.tasks[i]) ? app : { ...app, tasks };
}

/** Its host ports were given indices by the app's present ports, and get those of its own. */
function withVersion(task: Task, definition: Definition, { known, unpack }: Filling): Task {
  const old = isOld(task, definition) ? known.get(keyOf({ id: definition.id, version: task.version })) : undefined;
  if (old === undefined || isSame(old, definition)) return task;
  const packed = task.hostPorts.filter((port) => port !== undefined);
  return { ...task, hostPorts: unpack(packed, old.ports), of: old };
}

/** Whether tasks of both are reached and checked alike. */
function isSame({ network, ports, checks }: Definition, other: Definition): boolean {
  return network === other.network && keep(ports, other.ports) === ports && keep(checks, other.checks) === checks;
}
