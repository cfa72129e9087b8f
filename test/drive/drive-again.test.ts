import { expect, test } from '@jest/globals';
import { calm, makeRig, named, type Rig } from './drive-rig.ts';
import { oneAtATime } from '../../src/lib/runs.ts';
import { sentence } from '../../src/lib/sentence.ts';

test('a reload by hand that fails does not keep what is wanted from being applied', async () => {
  const rig = makeRig({}, 5);
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.disk = 'broken by hand';
  rig.failures.push('no', 'no', 'no', 'no', 'no', 'no');
  rig.drive.reloadAsItIs();
  rig.drive.want(named('b'));
  await calm();
  expect(rig.log).toContain('put b');
});

test('HAProxy is started at once, whoever finds that it is gone: no quiet is waited for', async () => {
  const asked: unknown[] = [];
  let isGone = false;
  const orGone = <Found>(found: Found): Promise<Found> => (isGone ? Promise.reject(new Error('nobody answers')) : Promise.resolve(found));
  const rig = makeRig({
    quiet: (work) => (how) => {
      asked.push(how);
      isGone = false;
      void work();
    },
    haproxy: {
      release: () => orGone(undefined),
      send: () => orGone([]),
      passed: () => orGone(new Set()),
      agrees: () => orGone(undefined),
      reload: () => orGone(undefined),
      holds: (document) => orGone({ document, exceptions: new Map(), lost: new Map() }),
    },
  });
  rig.drive.want(named('a'));
  await calm();
  isGone = true;
  rig.drive.lost(); // the watch
  await calm();
  isGone = true;
  rig.drive.want(named('b')); // a command
  await calm();
  expect(asked).toEqual([undefined, 'at-once', 'at-once']);
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
});

test('HAProxy is gone and the wanted document is refused: it is started with the files in place', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  await calm();
  rig.refusals.push('no', 'no', 'no');
  rig.drive.want(named('b'));
  await calm();
  rig.log.length = 0;
  rig.runs = undefined;
  rig.drive.lost();
  await calm();
  expect(rig.runs).toBe('a');

  rig.refusals.push('no', 'no', 'no');
  rig.runs = undefined;
  expect(rig.drive.lost()).toBe(true); // once more, while what is wanted is refused still
  await calm();
  expect(rig.runs).toBe('a');
});

test('a reload that would fail again: the files before are put back, and it is not tried again before something else is wanted', async () => {
  const rig = makeRig();
  const [a, b] = [named('a'), named('b')];
  rig.drive.want(a);
  await calm();
  rig.log.length = 0;
  rig.forGood = true;
  rig.failures.push('cannot chroot');
  rig.drive.want(b);
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why: 'cannot chroot' });
  rig.drive.want(b);
  await calm();
  expect(rig.log).toEqual(['put b', 'reload b', 'restore']);
  expect([rig.disk, rig.runs, rig.verdicts]).toEqual(['a', 'a', ['b false']]);

  rig.runs = undefined;
  rig.drive.lost();
  await calm();
  expect(rig.log.slice(3)).toEqual(['revive a']);

  rig.drive.want(named('c'));
  await calm();
  expect([rig.disk, rig.runs, rig.verdicts]).toEqual(['c', 'c', ['b false', 'c true']]);
});

test('a start that would fail again, without files before: nothing is started, and nothing tried, before something else is wanted', async () => {
  const rig = makeRig();
  rig.forGood = true;
  rig.failures.push('cannot chroot');
  const a = named('a');
  rig.drive.want(a);
  await calm();
  rig.drive.want(a);
  await calm();
  expect(rig.log).toEqual(['put a', 'reload a', 'restore']);
  rig.drive.want(named('b'));
  await calm();
  expect(rig.runs).toBe('b');
});

test('what HAProxy had against a document is over when what it runs is wanted again', async () => {
  const rig = makeRig();
  const a = named('a');
  rig.drive.want(a);
  await calm();
  rig.refusals.push('no');
  rig.drive.want(named('b'));
  await calm();
  rig.drive.want(a);
  await calm();
  expect(rig.verdicts).toEqual(['b false', 'a true']);
});

test('oneAtATime after a failure runs again', async () => {
  let runs = 0;
  const run = oneAtATime(() => {
    runs++;
    return runs === 1 ? Promise.reject(new Error('x')) : Promise.resolve();
  });
  await expect(run()).rejects.toThrow('x');
  await run();
  expect(runs).toBe(2);
});

test('a start at which neither the files nor those before can be had: it is told, and what is wanted without the port is served', async () => {
  const told: string[] = [];
  const without = named('a without its port');
  const rig = makeRig({
    revive: () => {
      rig.log.push('revive');
      return Promise.reject(new Error('the port is taken'));
    },
    refused: (refusal) => {
      told.push('error' in refusal ? sentence(refusal.error) : '');
      rig.drive.want(without);
      return Promise.resolve('another');
    },
  });
  rig.drive.want(named('a'));
  await calm();
  rig.runs = undefined;
  rig.drive.lost();
  rig.log.length = 0;
  rig.failures.push('the port is taken');
  rig.drive.want(named('b'));
  await calm();
  expect(rig.log.slice(0, 6)).toEqual(['put b', 'reload b', 'restore', 'revive', 'put a without its port', 'reload a without its port']);
  expect([told, rig.runs]).toEqual([['the port is taken'], 'a without its port']);
});

test('HAProxy does not answer what it holds after a reload by hand: it is found out anew, and not taken for what it was', async () => {
  let fails = 0;
  const rig: Rig = makeRig(
    {
      haproxy: {
        release: () => Promise.resolve(undefined),
        send: () => Promise.reject(new Error('it takes no commands')),
        passed: () => Promise.resolve(new Set()),
        agrees: () => Promise.resolve(),
        reload: () => {
          rig.runs = rig.disk;
          return Promise.resolve();
        },
        holds: (document) =>
          fails-- > 0 ? Promise.reject(new Error('nobody answers')) : Promise.resolve({ document, exceptions: new Map(), lost: new Map() }),
      },
    },
    5,
  );
  rig.drive.want(named('a'));
  await calm();
  fails = 1;
  const before = rig.drive.running();
  rig.drive.reloadAsItIs();
  await calm();
  expect(rig.drive.running()).toBeDefined();
  expect(rig.drive.running()).not.toBe(before);
});
