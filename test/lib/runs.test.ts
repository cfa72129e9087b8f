import { afterEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { oneAfterAnother, oneAtATime, quiet, type Ask, type Quiet } from '../../src/lib/runs.ts';
import { now } from '../../src/lib/clock.ts';

/** A promise to be settled by hand. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void; readonly slam: (error: Error) => void } {
  let [open, slam]: [() => void, (error: Error) => void] = [() => undefined, () => undefined];
  const opened = new Promise<void>((...both) => {
    [open, slam] = both;
  });
  return { opened, open, slam };
}

test('oneAtATime: asked during a run, it runs once more, however often', async () => {
  const gates = [gate(), gate()];
  let runs = 0;
  let busy = 0;
  const run = oneAtATime(async () => {
    busy++;
    expect(busy).toBe(1);
    await gates[runs++]?.opened;
    busy--;
  });
  const all = [run(), run(), run(), run()];
  expect(runs).toBe(1);
  gates[0]?.open();
  await sleep(1);
  expect(runs).toBe(2);
  gates[1]?.open();
  await Promise.all(all);
  expect(runs).toBe(2);
  await run();
  expect(runs).toBe(3);
});

test('oneAfterAnother: in the order they were given, none before the one before has ended, each told its own result', async () => {
  const gates = [gate(), gate(), gate()];
  const log: string[] = [];
  const inTurn = oneAfterAnother();
  const results = gates.map(({ opened }, i) =>
    inTurn(async () => {
      log.push(`begins ${i}`);
      await opened;
      log.push(`ends ${i}`);
      return i * 10;
    }),
  );
  for (const { open } of [...gates].reverse().slice(0, 2)) open(); // the later ones could end at once
  await sleep(1);
  expect(log).toEqual(['begins 0']);
  gates[0]?.open();
  await expect(Promise.all(results)).resolves.toEqual([0, 10, 20]);
  expect(log).toEqual(['begins 0', 'ends 0', 'begins 1', 'ends 1', 'begins 2', 'ends 2']);
  await expect(inTurn(() => Promise.resolve('later'))).resolves.toBe('later');
});

test('oneAfterAnother: one that fails is told to who gave it, and to nobody else', async () => {
  const inTurn = oneAfterAnother();
  const first = gate();
  const all = Promise.allSettled([
    inTurn(() => first.opened),
    inTurn((): Promise<void> => {
      throw new Error('at once');
    }),
    inTurn(() => Promise.resolve('good')),
  ]);
  first.slam(new Error('later'));
  await expect(all).resolves.toEqual([
    { status: 'rejected', reason: new Error('later') },
    { status: 'rejected', reason: new Error('at once') },
    { status: 'fulfilled', value: 'good' },
  ]);
});

test('oneAfterAnother: two of them do not wait for each other', async () => {
  const [one, other] = [oneAfterAnother(), oneAfterAnother()];
  const held = gate();
  const waiting = one(() => held.opened);
  await expect(other(() => Promise.resolve('free'))).resolves.toBe('free');
  held.open();
  await waiting;
});

interface Rig {
  readonly ask: Ask;
  readonly runs: () => number;
  readonly failures: unknown[];
  readonly end: () => void;
}

const endings: AbortController[] = [];

afterEach(() => {
  for (const ending of endings.splice(0)) ending.abort();
});

/** A `quiet` whose runs fail as long as there are errors left. */
function rig(errors: Error[] = [], given: Partial<Quiet> = {}): Rig {
  const ending = new AbortController();
  endings.push(ending);
  const failures: unknown[] = [];
  let runs = 0;
  const ask = quiet({
    now,
    work: () => {
      runs++;
      const error = errors.shift();
      return error === undefined ? Promise.resolve() : Promise.reject(error);
    },
    quietMs: 1,
    mostMs: 20,
    apartMs: 0,
    backoff: { next: () => 1, reset: () => undefined },
    failed: (error) => failures.push(error),
    signal: ending.signal,
    ...given,
  });
  return {
    ask,
    runs: () => runs,
    failures,
    end: () => {
      ending.abort();
    },
  };
}

/** Waits until something is so, but not for ever. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !done(); i++) await sleep(1);
  expect(done()).toBe(true);
}

test('quiet: many asks at once are one run', async () => {
  const { ask, runs } = rig();
  for (let i = 0; i < 50; i++) ask();
  expect(runs()).toBe(0);
  await until(() => runs() > 0);
  await sleep(10);
  expect(runs()).toBe(1);
  ask();
  await until(() => runs() === 2);
});

test('quiet: asked to run at once it waits for no quiet, but runs are as far apart', async () => {
  let now = 0;
  const { ask, runs } = rig([], { quietMs: 3_600_000, mostMs: 3_600_000, apartMs: 3_600_000, now: () => now });
  ask('at-once');
  await until(() => runs() === 1);
  now = 1;
  ask('at-once');
  await sleep(10);
  expect(runs()).toBe(1);
});

test('quiet: asked to run at once in the middle of a wait for quiet, it waits no more', async () => {
  const { ask, runs } = rig([], { quietMs: 3_600_000, mostMs: 3_600_000 });
  ask();
  await sleep(5);
  expect(runs()).toBe(0);
  ask('at-once');
  await until(() => runs() === 1);
});

test('quiet: asks that never cease do not put it off for ever', async () => {
  let now = 0;
  const { ask, runs } = rig([], { quietMs: 1, mostMs: 5, now: () => now++ });
  for (let i = 0; i < 2000 && runs() === 0; i++) {
    ask();
    await sleep(0);
  }
  expect(runs()).toBe(1);
});

test('quiet: one asked for during a run comes after it', async () => {
  const first = gate();
  let runs = 0;
  let busy = 0;
  const { ask } = rig([], {
    work: async () => {
      expect(++busy).toBe(1);
      if (++runs === 1) await first.opened;
      busy--;
    },
  });
  ask();
  await until(() => runs === 1);
  ask();
  ask();
  await sleep(5);
  expect(runs).toBe(1);
  first.open();
  await until(() => runs === 2);
  await sleep(5);
  expect(runs).toBe(2);
});

test('quiet: a run that failed is tried again without being asked, until one is good', async () => {
  const errors = [new Error('one'), new Error('two')];
  const told = [...errors];
  const waits: number[] = [];
  let resets = 0;
  const { ask, runs, failures } = rig(errors, {
    backoff: {
      next: () => {
        waits.push(waits.length + 1);
        return waits.length;
      },
      reset: () => resets++,
    },
  });
  ask();
  await until(() => runs() === 3);
  await sleep(10);
  expect(runs()).toBe(3);
  expect(failures).toEqual(told);
  expect([waits, resets]).toEqual([[1, 2], 1]);
});

test('quiet: one that waits for its next try wakes at once when it is asked', async () => {
  const { ask, runs } = rig([new Error('no')], { backoff: { next: () => 3_600_000, reset: () => undefined } });
  ask();
  await until(() => runs() === 1);
  await sleep(5);
  expect(runs()).toBe(1);
  ask();
  await until(() => runs() === 2);
});

test('quiet: asked while a run fails, it does not wait', async () => {
  const first = gate();
  let runs = 0;
  const { ask } = rig([], {
    work: () => (++runs === 1 ? first.opened : Promise.resolve()),
    backoff: { next: () => 3_600_000, reset: () => undefined },
  });
  ask();
  await until(() => runs === 1);
  ask();
  first.slam(new Error('no'));
  await until(() => runs === 2);
});

test('quiet: two runs are apart', async () => {
  let now = 1_000_000;
  const waited: number[] = [];
  const { ask, runs } = rig([], { quietMs: 0, mostMs: 0, apartMs: 40, now: () => now });
  ask();
  await until(() => runs() === 1);
  ask();
  await sleep(5);
  waited.push(runs());
  now += 40;
  await until(() => runs() === 2);
  expect(waited).toEqual([1]);
});

test.each([
  ['before the first run', [] as Error[], 0, { quietMs: 3_600_000, mostMs: 3_600_000 }],
  ['while it waits for the next try', [new Error('no')], 1, { backoff: { next: () => 3_600_000, reset: () => undefined } }],
])('quiet: ends with the signal %s', async (_, errors, wanted, given) => {
  const { ask, runs, end } = rig(errors, given);
  ask();
  await until(() => runs() === wanted);
  await sleep(5);
  end();
  await sleep(5);
  expect(runs()).toBe(wanted);
  ask();
  await sleep(5);
  expect(runs()).toBe(wanted);
});
