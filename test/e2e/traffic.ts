import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.ts';
import type { Ends } from './fixtures/stage.ts';
import { until } from './until.ts';

/** What came of all requests. */
export interface Tally {
  readonly requests: number;
  /** By status or error code, how often; empty when every answer was a 200. */
  readonly failures: Readonly<Record<string, number>>;
  /** From the first failure to the last, in milliseconds; 0 without one. */
  readonly failedForMs: number;
}

/** Requests that go on while something happens. */
export interface Traffic {
  /** Resolves when so many more requests were answered. */
  readonly more: (count: number) => Promise<void>;
  readonly stop: () => Promise<Tally>;
}

interface Flow {
  readonly port: number;
  /** 127.0.0.1 when left out. */
  readonly address?: string;
  readonly host: string;
  readonly ends: Ends;
  /** After each answer, in milliseconds; 4 when left out. */
  readonly pauseMs?: number;
  /** How long a client waits while nothing comes, in milliseconds; 5,000 when left out. */
  readonly deadlineMs?: number;
}

/** Asks all the time: over two connections that stay, and two times over a new one for each request. */
export function makeTraffic({ port, address = '127.0.0.1', host, ends, pauseMs = 4, deadlineMs = 5_000 }: Flow): Traffic {
  const kept = new Agent({ keepAlive: true, maxSockets: 2 });
  const over = new AbortController();
  const failures: Record<string, number> = {};
  let requests = 0;
  const failedAt: number[] = [];
  const asking = async (agent?: Agent): Promise<void> => {
    while (!over.signal.aborted) {
      const { status } = await ask({ port, address, host, deadlineMs, ...(agent !== undefined && { agent }) });
      requests++;
      if (status !== '200') {
        failures[status] = (failures[status] ?? 0) + 1;
        failedAt.push(performance.now());
      }
      await sleep(pauseMs);
    }
  };
  const running = Promise.all([asking(kept), asking(kept), asking(), asking()]);
  const stop = async (): Promise<Tally> => {
    over.abort();
    await running;
    kept.destroy();
    return { requests, failures, failedForMs: (failedAt.at(-1) ?? 0) - (failedAt[0] ?? 0) };
  };
  ends.push(stop);
  const more = async (count: number): Promise<void> => {
    const enough = requests + count;
    await until(`${count} more requests`, () => requests >= enough);
  };
  return { more, stop };
}

/** Several of them as one. */
export function together(flows: readonly Traffic[]): Traffic {
  return {
    more: async (count) => {
      await Promise.all(flows.map(({ more }) => more(count)));
    },
    stop: async () => {
      const tallies = await Promise.all(flows.map(({ stop }) => stop()));
      const failures: Record<string, number> = {};
      for (const one of tallies)
        for (const [status, count] of Object.entries(one.failures)) failures[status] = (failures[status] ?? 0) + count;
      return {
        requests: tallies.reduce((sum, { requests }) => sum + requests, 0),
        failures,
        failedForMs: Math.max(...tallies.map(({ failedForMs }) => failedForMs)),
      };
    },
  };
}
