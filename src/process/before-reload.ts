import { readFile } from 'node:fs/promises';
import { bindsOf } from '../haproxy/binds.ts';
import { usableCores } from '../lib/cores.ts';
import type { Haproxy } from '../model/haproxy.ts';
import { BindsTaken, takenOf } from './taken-binds.ts';
import { demandOf, limit, needed, tooFew, TooFewDescriptors } from './descriptors.ts';
import { socketsOf } from './listeners.ts';
import type { OwnProcess } from './process.ts';

/** A configuration that our HAProxy is about to read. */
export interface ReloadSettings {
  /** The configuration file. */
  readonly config: string;
  /** Makes what the configuration needs beside itself, where it is missing. */
  readonly prepare: (text: string) => Promise<void>;
  /** What HAProxy may do when we start it, as a mask of Linux capabilities. */
  readonly capable: () => Promise<bigint>;
}

/** Our HAProxy, whose reload is not tried where the configuration can't have all that it needs. */
export function withChecksBeforeReload(own: OwnProcess, settings: ReloadSettings): Haproxy {
  return {
    ...own,
    async reload(reasons, wanted) {
      await requireRoom(settings, own);
      await own.reload(reasons, wanted).catch(async (error: unknown) => {
        await requireRoom(settings, own); // somebody may have been faster
        throw error;
      });
    },
  };
}

/**
 * Looks for what `haproxy -c` does not see: a port that another process has, an address that is not this machine's, too few descriptors. A
 * reload in which one bind fails stops all listeners for two seconds, so it is not tried. Rejects with `BindsTaken` or `TooFewDescriptors`.
 */
async function requireRoom({ config, prepare, capable }: ReloadSettings, own: OwnProcess): Promise<void> {
  const text = await readFile(config, 'utf8');
  await prepare(text);
  await requireDescriptors(text);
  const sockets = await socketsOf(await own.pids());
  if (sockets === undefined) return; // HAProxy's own ports can't be told from those of others: all would look taken
  const taken = await takenOf(bindsOf(text), sockets, capable);
  if (taken.length > 0) throw new BindsTaken(taken);
}

async function requireDescriptors(text: string): Promise<void> {
  const demand = demandOf(text, usableCores());
  if (demand === undefined) return;
  const most = await limit();
  const few = tooFew(demand, most);
  if (few !== undefined) throw new TooFewDescriptors(few, needed(demand) - most);
}

/**
 * Our HAProxy, started with the files that stand in place where it has ended; gives whether it had. A worker that dies at its start takes all
 * of HAProxy with it, the worker before included [haproxy: exit-on-failure].
 */
export async function revive(own: OwnProcess): Promise<boolean> {
  if ((await own.adopt()) !== undefined) return false;
  await own.reload([{ code: 'not-loaded', subject: 'haproxy', detail: 'the reload has ended it, it is started with the files before' }]);
  return true;
}
