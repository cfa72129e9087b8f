import { setTimeout as sleep } from 'node:timers/promises';
import { lives, type ProcessIdentity } from './process-identity.ts';

/** Milliseconds that a process has to end when it is asked to, and again when it is killed. */
export const STOP_MS = 5_000;

/** Ends a master, the first one, which ends its workers; whoever is left after a while is killed. Rejects when one is still there then. */
export async function end(all: readonly ProcessIdentity[]): Promise<void> {
  await signal(all.slice(0, 1), 'SIGTERM');
  let rest = await survivors(all);
  if (rest.length > 0) await signal(rest, 'SIGKILL');
  rest = await survivors(rest);
  if (rest.length > 0) throw new Error(`HAProxy does not end: ${rest.map(({ pid }) => `pid ${pid}`).join(', ')}`);
}

/** How a HAProxy ends whose clients shall not notice. */
export interface Gently {
  /** From the moment its health page turns red until it takes no new connection, in milliseconds. */
  readonly delayMs: number;
  /** How long it may finish what it has, in milliseconds. */
  readonly finishMs: number;
}

/** Turns the health page red, waits for whoever sends clients here to see it, and lets a master, the first one, and its workers finish. */
export async function letFinish(
  all: readonly ProcessIdentity[],
  { turnRed, delayMs, finishMs }: Gently & { readonly turnRed: () => Promise<void> },
) {
  await turnRed();
  await sleep(delayMs);
  await signal(all.slice(0, 1), 'SIGUSR1');
  await survivors(all, finishMs);
}

async function signal(all: readonly ProcessIdentity[], name: NodeJS.Signals): Promise<void> {
  for (const one of all) {
    try {
      if (await lives(one)) process.kill(one.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ended meanwhile
    }
  }
}

async function survivors(all: readonly ProcessIdentity[], ms = STOP_MS): Promise<readonly ProcessIdentity[]> {
  const until = performance.now() + ms;
  for (;;) {
    const alive = await Promise.all(all.map(lives));
    const rest = all.filter((_, i) => alive[i]);
    if (rest.length === 0 || performance.now() >= until) return rest;
    await sleep(20);
  }
}
