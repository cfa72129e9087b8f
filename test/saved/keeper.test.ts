import { expect, test } from '@jest/globals';
import { Keeper } from '../../src/saved/keeper.ts';
import type { Saved } from '../../src/saved/state-folder.ts';
import type { Holder } from '../../src/model/holder.ts';
import type { AppId } from '../../src/model/names.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';

/** A keeper with a clock and a disk of the test's own. */
function rig(deadlineMs = 60_000) {
  const waiting: { readonly at: number; readonly work: () => void }[] = [];
  const [written, failures]: [Saved[], unknown[]] = [[], []];
  const world = { now: 0, disk: (): Promise<void> => Promise.resolve() };
  const keeper = new Keeper({
    write: async (known) => {
      await world.disk();
      written.push(known);
    },
    now: () => world.now,
    deadlineMs,
    later: (work, ms) => waiting.push({ at: world.now + ms, work }),
    failed: (error) => failures.push(error),
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const at = async (now: number): Promise<void> => {
    world.now = now;
    for (const one of waiting.splice(0)) {
      if (one.at <= now) one.work();
      else waiting.push(one);
    }
    await settle();
  };
  return { keeper, world, written, failures, waiting, at, settle };
}

const snapshot = (): Snapshot => ({ apps: [], problems: [] });
const seen = (one: Snapshot, staleSince?: number) => ({ snapshot: one, staleSince, sentAt: undefined, held: undefined, holders: HOLDERS });
const HOLDERS: readonly Holder[] = [];
const times = (written: readonly Saved[]): readonly number[] => written.map(({ savedAt }) => savedAt);

test('the first is written at once, what follows not more often than every 30 s, the last of it', async () => {
  const { keeper, written, at, waiting } = rig();
  const last = snapshot();
  for (const now of [0, 10_000, 20_000, 29_999]) {
    await at(now);
    keeper.see(seen(now === 29_999 ? last : snapshot()));
    await at(now);
  }
  expect(times(written)).toEqual([0]);
  await at(30_000);
  expect(times(written)).toEqual([0, 29_999]);
  expect(written[1]?.snapshot).toBe(last);
  await at(90_000);
  expect([written.length, waiting.length]).toEqual([2, 0]);
  keeper.see(seen(snapshot()));
  await at(90_000);
  expect(times(written)).toEqual([0, 29_999, 90_000]);
});

test('a snapshot that takes long to write is written less often, but within four times the usual wait', async () => {
  const { keeper, world, written, at } = rig();
  const writesFor = (ms: number): void => {
    world.disk = () => {
      world.now += ms;
      return Promise.resolve();
    };
  };
  writesFor(500);
  for (const now of [0, 1_000, 30_000, 49_999]) {
    await at(now);
    keeper.see(seen(snapshot()));
    await at(now);
  }
  expect(written).toHaveLength(1);
  writesFor(20_000);
  await at(50_000);
  expect(written).toHaveLength(2);
  keeper.see(seen(snapshot()));
  await at(169_999);
  expect(written).toHaveLength(2);
  await at(170_000);
  expect(written).toHaveLength(3);
});

test('what is known already is not written again', async () => {
  const { keeper, written, at } = rig();
  const same = snapshot();
  keeper.see(seen(same));
  await at(0);
  keeper.see(seen(same));
  await at(60_000);
  expect(written).toHaveLength(1);
});

test('what a read confirms four minutes later is written again, unless the read lacks what is held', async () => {
  const { keeper, written, at } = rig();
  const same = snapshot();
  const see = async (sentAt: number, held?: object): Promise<void> => {
    keeper.see({ snapshot: same, staleSince: undefined, sentAt, held, holders: HOLDERS });
    await at(sentAt + 1);
  };
  await at(1_000);
  await see(900);
  await see(200_000);
  await see(241_000, {});
  expect(times(written)).toEqual([1_000]);
  await see(241_000);
  await see(481_000);
  expect(times(written)).toEqual([1_000, 241_000, 481_000]);
});

test('what was read from the disk is not written as if it were new', async () => {
  const { keeper, written, at } = rig();
  const same = snapshot();
  keeper.see(seen(same, 5));
  await at(60_000);
  expect(written).toEqual([]);
  keeper.see(seen(same));
  await at(60_000);
  expect(times(written)).toEqual([60_000]);
});

test('at the end what is not on the disk is written, once, and nothing after', async () => {
  const { keeper, written, at } = rig();
  keeper.see(seen(snapshot()));
  await at(0);
  await at(5_000);
  keeper.see(seen(snapshot()));
  await keeper.end();
  expect(times(written)).toEqual([0, 5_000]);
  keeper.see(seen(snapshot()));
  await at(60_000);
  await keeper.end();
  expect(written).toHaveLength(2);
});

test('the end waits for a write that runs; what came meanwhile is written after it', async () => {
  const { keeper, world, written, at, settle } = rig();
  const gate: { open: () => void } = { open: () => undefined };
  world.disk = () =>
    new Promise((resolve) => {
      gate.open = resolve;
    });
  keeper.see(seen(snapshot()));
  await at(0);
  await at(1);
  keeper.see(seen(snapshot()));
  const ended: string[] = [];
  const end = keeper.end().then(() => ended.push('ended'));
  await settle();
  expect([ended, written]).toEqual([[], []]);
  gate.open();
  await settle();
  gate.open();
  await end;
  expect(times(written)).toEqual([0, 1]);
});

test('a write that fails is told and tried again, with what is known then', async () => {
  const { keeper, world, written, failures, at } = rig();
  const full = new Error('ENOSPC');
  world.disk = () => Promise.reject(full);
  keeper.see(seen(snapshot()));
  await at(0);
  expect(failures).toEqual([full]);
  await at(10_000);
  keeper.see(seen(snapshot()));
  world.disk = () => Promise.resolve();
  await at(29_999);
  expect(written).toEqual([]);
  await at(30_000);
  expect(times(written)).toEqual([10_000]);
});

test('a write that fails at the end is told', async () => {
  const { keeper, world, failures } = rig();
  world.disk = () => Promise.reject(new Error('EROFS'));
  keeper.see(seen(snapshot()));
  await keeper.end();
  expect(failures).toHaveLength(1);
});

test('a write that hangs is told, and no other is begun beside it; the end does not wait for it', async () => {
  const { keeper, world, written, failures, at } = rig(20);
  const open: (() => void)[] = [];
  world.disk = () => new Promise((resolve) => open.push(resolve));
  keeper.see(seen(snapshot()));
  await at(0);
  await keeper.end();
  await keeper.end();
  expect([open.length, written.length]).toEqual([1, 0]);
  expect(String(failures.at(-1))).toContain('writing the last snapshot has not ended within 0.02 s');
  open[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  const last = keeper.end();
  await new Promise((resolve) => setImmediate(resolve));
  open[1]?.();
  await last;
  expect(written).toHaveLength(2);
});

test('who holds what is written when it changes, with the date that the snapshot has', async () => {
  const { keeper, written, at } = rig();
  const same = snapshot();
  keeper.see(seen(same));
  await at(0);
  const holders: readonly Holder[] = [{ app: '/a' as AppId, index: 0, holds: ['name a_10000'] }];
  await at(5_000);
  keeper.see({ ...seen(same), holders });
  keeper.see({ ...seen(same), holders });
  await at(60_000);
  expect(written).toEqual([
    { savedAt: 0, snapshot: same, holders: HOLDERS },
    { savedAt: 0, snapshot: same, holders },
  ]);
});
