import { afterAll, beforeAll, test } from '@jest/globals';
import type { MarathonSettings } from '../../src/demo/marathon.ts';
import { needBuild } from './command.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { openCluster, type Cluster } from './open-cluster.ts';

/** A test that makes its clusters itself. */
type Work = (makeCluster: (settings?: MarathonSettings) => Promise<Cluster>) => Promise<void>;

/** How many tests run at the same time. Each starts a daemon and a HAProxy, so more would keep each other waiting for the processor. */
const LANES = 2;

/**
 * Tests that mostly wait, by name: two at a time, in their order, so that the longest belongs to the beginning. One that failed and is tried again runs
 * beside the others. With `-t` the others run as well, though nobody looks at them.
 */
export function sideBySide(tests: Readonly<Record<string, Work>>): void {
  const results = new Map<string, Promise<void>>();
  beforeAll(needHaproxy);
  beforeAll(needBuild);
  beforeAll(() => {
    const waiting: (() => Promise<unknown>)[] = [];
    for (const [name, work] of Object.entries(tests)) {
      let begin = (): void => undefined;
      const done = new Promise<void>((resolve) => (begin = resolve)).then(() => alone(work));
      const over = done.catch(() => undefined); // its test tells it
      results.set(name, done);
      waiting.push(() => {
        begin();
        return over;
      });
    }
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
    };
    for (let i = 0; i < LANES; i++) void lane();
  });
  for (const [name, work] of Object.entries(tests)) {
    test(name, async () => {
      const first = results.get(name);
      results.delete(name);
      await (first ?? alone(work));
    });
  }
  afterAll(() => Promise.allSettled(results.values()).then(() => undefined), 120_000);
}

/** Runs a test, and ends what it has started. */
async function alone(work: Work): Promise<void> {
  const ends: Ends = [];
  try {
    await work((settings) => openCluster({ ends, settings }));
  } finally {
    await endAll(ends);
  }
}
