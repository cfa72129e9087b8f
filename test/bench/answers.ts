import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostOf, type Estate } from './estate.ts';

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

/** What the clients saw. */
export interface Traffic {
  readonly requests: () => number;
  readonly failures: ReadonlyMap<string, number>;
}

/** Clients that ask random apps all the time, over connections that stay and new ones. */
export function startTraffic(port: number, estate: Estate, over: AbortSignal): Traffic {
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

/** Between two questions, in ms: many that wait at the same time leave the processor to those that they wait for. */
const PAUSE = 2;
/** A first answer is not waited for longer, in ms. */
const LONGEST = 20_000;

/** Starts a task, and waits for its first answer; ms. */
export async function firstAnswer(estate: Estate, app: number, port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const start = performance.now();
  const address = estate.start(app);
  try {
    for (;;) {
      const { task } = await ask(port, hostOf(app), agent);
      const ms = performance.now() - start;
      if (task === address || ms > LONGEST) return ms;
      await sleep(PAUSE);
    }
  } finally {
    agent.destroy();
  }
}

/** Deploys an app, and waits for its first answer; ms. */
export async function firstOfApp(estate: Estate, port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const start = performance.now();
  const app = estate.deploy();
  try {
    for (;;) {
      const { status } = await ask(port, hostOf(app), agent);
      const ms = performance.now() - start;
      if (status === '200' || ms > LONGEST) return ms;
      await sleep(PAUSE);
    }
  } finally {
    agent.destroy();
  }
}

/** The failed requests: '3 x ECONNREFUSED, 1 x 503'. */
export function inWords(failures: Traffic['failures']): string {
  return [...failures].map(([status, count]) => `${count} x ${status}`).join(', ') || '0';
}

/** The wait that so large a part of all waits does not exceed; `sorted` is in ascending order. */
export function share(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
