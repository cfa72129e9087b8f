import { setTimeout as sleep } from 'node:timers/promises';
import { lives, type ProcessIdentity } from './process-identity.ts';

/** How long a process may take to end after SIGTERM, and again after SIGKILL, in milliseconds. */
export const STOP_MS = 5_000;

interface Clock {
  /** The time in milliseconds. */
  readonly now: () => number;
}

/** Ends processes by SIGTERM to the first, which is the master and ends its workers; then kills what is left. Rejects when one still runs. */
export async function end(all: readonly ProcessIdentity[], { now }: Clock): Promise<void> {
  await signal(all.slice(0, 1), 'SIGTERM');
  let rest = await survivors(all, { now, ms: STOP_MS });
  if (rest.length > 0) await signal(rest, 'SIGKILL');
  rest = await survivors(rest, { now, ms: STOP_MS });
  if (rest.length > 0) throw new Error(`HAProxy does not end: ${rest.map(({ pid }) => `pid ${pid}`).join(', ')}`);
}

/** How to end HAProxy so that clients do not notice. */
export interface Gently {
  /** How long its health page fails before it stops taking connections, in milliseconds. */
  readonly delayMs: number;
  /** How long it may finish its connections, in milliseconds. */
  readonly finishMs: number;
}

/** Makes the health page fail, waits until other load balancers have seen it, and lets the master (the first process) and its workers finish. */
export async function letFinish(
  all: readonly ProcessIdentity[],
  { turnRed, delayMs, finishMs, now }: Gently & Clock & { readonly turnRed: () => Promise<void> },
) {
  await turnRed();
  await sleep(delayMs);
  await signal(all.slice(0, 1), 'SIGUSR1');
  await survivors(all, { now, ms: finishMs });
}

async function signal(all: readonly ProcessIdentity[], name: NodeJS.Signals): Promise<void> {
  for (const one of all) {
    try {
      if (await lives(one)) process.kill(one.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended in the meantime
    }
  }
}

async function survivors(
  all: readonly ProcessIdentity[],
  { now, ms }: Clock & { readonly ms: number },
): Promise<readonly ProcessIdentity[]> {
  const until = now() + ms;
  for (;;) {
    const alive = await Promise.all(all.map(lives));
    const rest = all.filter((_, i) => alive[i]);
    if (rest.length === 0 || now() >= until) return rest;
    await sleep(20);
  }
}
