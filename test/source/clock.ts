import type { Sleep } from '../../src/lib/clock.ts';

/** Time that goes on by hand. */
export function makeClock() {
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let now = 0;
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve)); // whoever waits for a turn has one, too
  };
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const fail = (): void => {
        reject(new Error('aborted'));
      };
      const wake = (): void => {
        signal.removeEventListener('abort', fail);
        resolve();
      };
      if (signal.aborted) fail();
      signal.addEventListener('abort', fail);
      sleepers.add({ at: now + ms, wake });
    });
  const pass = async (ms: number): Promise<void> => {
    const end = now + ms;
    for (;;) {
      await settle();
      const [next] = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      now = next.at;
      sleepers.delete(next);
      next.wake();
    }
    now = end;
  };
  /** Lets time pass until the next of those who sleep wakes. */
  const next = async (): Promise<void> => {
    await settle();
    const first = Math.min(...[...sleepers].map(({ at }) => at));
    if (first === Infinity) throw new Error('nobody sleeps');
    await pass(first - now);
  };
  return { sleep, pass, next, now: () => now };
}
