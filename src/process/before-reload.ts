import { readFile } from 'node:fs/promises';
import { bindsOf } from '../haproxy/binds.ts';
import { usableCores } from '../lib/cores.ts';
import type { Haproxy } from '../model/haproxy.ts';
import { BindsTaken, takenOf } from './taken-binds.ts';
import { demandOf, needed, tooFew, TooFewDescriptors } from './descriptors.ts';
import { socketsOf } from './listeners.ts';
import { AFTER_RELOAD_MS } from './own-haproxy.ts';
import type { MasterWorker, OwnProcess } from './process.ts';

/** What the checks before a reload need. */
export interface ReloadSettings {
  /** The configuration file. */
  readonly config: string;
  /** Creates files that the configuration refers to, if they are missing. */
  readonly prepare: (text: string) => Promise<void>;
  /** Returns the Linux capabilities that HAProxy has when it is started or reloaded, as a bit mask. */
  readonly capable: () => Promise<bigint>;
  /** Returns how many file descriptors HAProxy may have. */
  readonly most: () => Promise<number>;
}

/** Returns the same HAProxy, whose `reload` rejects without trying when the configuration needs ports or descriptors that it can't have. */
export function withChecksBeforeReload(own: MasterWorker, settings: ReloadSettings): Haproxy {
  return {
    ...own,
    async reload(reasons, more) {
      await requireRoom(settings, [...(await own.pids()), ...own.holders()]);
      await own.reload(reasons, more).catch(async (error: unknown) => {
        // A port may have been taken since the first check. A HAProxy that hangs is not waited for as long as a reload again.
        const pids = await own.pids(AFTER_RELOAD_MS).catch(() => undefined);
        if (pids !== undefined) await requireRoom(settings, [...pids, ...own.holders()]);
        throw error;
      });
    },
  };
}

/**
 * Checks what `haproxy -c` does not: whether a port is taken by a different process, an address does not belong to this machine, or there are too
 * few file descriptors. A reload in which one bind fails stops all listeners for two seconds, so it is not tried. Rejects with `BindsTaken` or
 * `TooFewDescriptors`.
 */
async function requireRoom({ config, prepare, capable, most }: ReloadSettings, pids: readonly number[]): Promise<void> {
  const text = await readFile(config, 'utf8');
  await prepare(text);
  await requireDescriptors(text, most);
  const sockets = await socketsOf(pids);
  if (sockets === undefined) return; // without the list of HAProxy's own sockets, its own ports would look taken
  const taken = await takenOf(bindsOf(text), sockets, capable);
  if (taken.length > 0) throw new BindsTaken(taken);
}

async function requireDescriptors(text: string, mostOf: ReloadSettings['most']): Promise<void> {
  const rendered = demandOf(text, usableCores());
  if (rendered === undefined) return;
  const demand = { ...rendered, binds: rendered.binds + 1 }; // with the worker's own socket for commands, which is in a file of its own
  const most = await mostOf();
  const few = tooFew(demand, most);
  if (few !== undefined) throw new TooFewDescriptors(few, needed(demand) - most);
}

/**
 * Starts our HAProxy with the files in place if it has ended. Returns whether it had ended. A worker that dies at its start ends all of HAProxy, the
 * previous worker included [haproxy: exit-on-failure].
 */
export async function revive(own: OwnProcess): Promise<boolean> {
  if ((await own.adopt()) !== undefined) return false;
  await own.reload([
    { code: 'not-loaded', subject: 'haproxy', detail: 'the reload has ended HAProxy, so it is started with the previous files' },
  ]);
  return true;
}
