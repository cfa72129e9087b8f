import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tally, Traffic } from '../traffic.ts';
import { until } from '../until.ts';
import type { Estate } from './estate.ts';

/** Something that breaks, and how it is whole again. */
export interface Fault {
  /** In words, for people. */
  readonly what: string;
  /** Breaks it; gives what mends it. Whatever nobody mends, the daemon has to. */
  readonly break: (estate: Estate) => Promise<() => Promise<void> | void>;
  /** It takes at least so long until it can be seen, in milliseconds. */
  readonly lastsMs?: number;
  /** It is over as soon as it has happened. */
  readonly isMoment?: true;
  /** HAProxy itself is gone for a while: what fails then is the fault's doing. */
  readonly isFatal?: true;
  /** A file system must be mounted for it. */
  readonly needsMounts?: true;
  /** A new app comes meanwhile too, for which HAProxy must be reloaded. */
  readonly needsReload?: true;
}

/** What came of a fault. */
export interface Outcome {
  readonly what: string;
  readonly lastedMs: number;
  readonly requests: number;
  /** By status or error code, how often. */
  readonly failures: Readonly<Record<string, number>>;
  readonly failedForMs: number;
  /** The same of requests after that. */
  readonly failuresAfter: Readonly<Record<string, number>>;
  /** From the end of the fault until Marathon, HAProxy and its file, which HAProxy takes, said the same; undefined when that did not come. */
  readonly inSyncMs: number | undefined;
  readonly reloads: number;
}

/** Makes one fault in an estate that is in sync, for so long, with requests all the time and a change of Marathon's in the middle of it. */
export async function tryFault(estate: Estate, fault: Fault, givenMs: number): Promise<Outcome> {
  const lastsMs = Math.max(givenMs, fault.lastsMs ?? 0);
  const before = estate.daemons.reloads();
  const flows = estate.traffic();
  await Promise.all(flows.map(({ more }) => more(8)));
  const start = performance.now();
  const mend = await fault.break(estate);
  const change = async (): Promise<void> => {
    if (fault.needsReload) await estate.changeApps();
    await estate.change();
  };
  try {
    if (fault.isMoment !== true) {
      await sleep(lastsMs / 3);
      await change();
      await sleep(Math.max(0, start + lastsMs - performance.now()));
    }
  } finally {
    await mend();
  }
  const end = performance.now();
  if (fault.isMoment === true) await change();
  const inSync = await isInSync(estate);
  const inSyncMs = inSync ? performance.now() - end : undefined;
  const meanwhile = await talliesOf(flows);
  const after = estate.traffic();
  await Promise.all(after.map(({ more }) => more(8)));
  const { failures: failuresAfter } = await talliesOf(after);
  const reloads = estate.daemons.reloads() - before;
  return { what: fault.what, lastedMs: end - start, inSyncMs, reloads, ...meanwhile, failuresAfter };
}

async function isInSync({ cluster, isValid }: Estate): Promise<boolean> {
  try {
    await until('haproxy.cfg', () => existsSync(cluster.config));
    await cluster.agreed();
    await until('a file that HAProxy takes', isValid);
    return true;
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    return false;
  }
}

/** Ends the flows, and adds them up. */
async function talliesOf(flows: readonly Traffic[]): Promise<Tally> {
  const tallies = await Promise.all(flows.map(({ stop }) => stop()));
  const failures: Record<string, number> = {};
  for (const tally of tallies)
    for (const [status, count] of Object.entries(tally.failures)) failures[status] = (failures[status] ?? 0) + count;
  const requests = tallies.reduce((sum, tally) => sum + tally.requests, 0);
  return { requests, failures, failedForMs: Math.max(...tallies.map(({ failedForMs }) => failedForMs)) };
}
