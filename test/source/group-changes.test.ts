import { expect, test } from '@jest/globals';
import { GroupChanges } from '../../src/source/group-changes.ts';
import { makeClock } from './clock.ts';

function start() {
  const clock = makeClock();
  const reads: string[] = [];
  const readAll = (reason: string): number => reads.push(`${clock.now()} ${reason}`);
  const changes = new GroupChanges({ readAll, sleep: clock.sleep, signal: new AbortController().signal });
  const changed = (version: string) => changes.waitsFor({ change: { version, isDeployed: false }, reason: `changed ${version}` });
  const deployed = (version: string) => changes.waitsFor({ change: { version, isDeployed: true }, reason: `deployed ${version}` });
  return { clock, reads, changes, changed, deployed };
}

test('a change whose deployment names its apps needs no read of everything, whichever comes first', async () => {
  const { clock, reads, changed, deployed } = start();
  expect(changed('a')).toBe(true);
  await clock.pass(1_000);
  expect(deployed('a')).toBe(false); // its apps are read
  expect(deployed('b')).toBe(false);
  expect(changed('b')).toBe(true);
  await clock.pass(60_000);
  expect(reads).toEqual([]);
});

test('a change without such a deployment makes one read of everything', async () => {
  const { clock, reads, changed, deployed } = start();
  changed('a');
  changed('a');
  deployed('b');
  await clock.pass(60_000);
  expect(reads).toEqual(['2000 changed a']);
  changed('a');
  await clock.pass(60_000);
  expect(reads).toEqual(['2000 changed a', '62000 changed a']);
});

test('an event that belongs to no change waits for nothing', () => {
  const { changes } = start();
  expect(changes.waitsFor({ reason: 'group_change_success /' })).toBe(false);
});

test('few versions are remembered, the latest', async () => {
  const { clock, reads, changed, deployed } = start();
  for (let i = 0; i < 101; i++) deployed(String(i));
  for (const version of ['0', '1', '100']) changed(version);
  await clock.pass(60_000);
  expect(reads).toEqual(['2000 changed 0']);
});
