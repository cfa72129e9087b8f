import { expect, test } from '@jest/globals';
import { withResolvers } from '../../src/lib/resolvers.ts';
import { calm, makeRig, named, type Rig } from './drive-rig.ts';

/** A drive with the files of a run before on its disk. */
function rigWith(
  disk: string | undefined,
  { starts = true, served = disk }: { readonly starts?: boolean; readonly served?: string | undefined } = {},
): Rig {
  const rig: Rig = makeRig({
    readDocument: (config) => named(config.trim()),
    serveAtOnce: () => {
      rig.log.push('serve at once');
      if (starts) rig.runs = rig.disk;
      return Promise.resolve(starts);
    },
  });
  Object.assign(rig, { disk, servedLast: served });
  return rig;
}

test('HAProxy is started with the files that it served last, before any document is wanted; the same document then needs nothing', async () => {
  const rig = rigWith('a');
  void rig.drive.begin();
  await calm();
  expect(rig.log).toEqual(['serve at once', 'reloaded not-loaded']);
  expect(rig.drive.isUp()).toBe(true);
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'nothing' });
  expect(rig.log.join()).not.toMatch(/put|reload a/);
});

test('the start is begun when the process is there, although HAProxy still loads the files', async () => {
  const log: string[] = [];
  const loading = withResolvers();
  const rig = makeRig({
    serveAtOnce: async (spawned) => {
      log.push('process');
      spawned?.();
      await loading.promise;
      log.push('loaded');
      return true;
    },
  });
  Object.assign(rig, { disk: 'a', servedLast: 'a' });
  await rig.drive.begin();
  expect(log).toEqual(['process']);
  loading.resolve();
  await calm();
  expect(log).toEqual(['process', 'loaded']);
});

test.each([
  ['nothing is to be started', rigWith(undefined)],
  ['HAProxy does not start', rigWith('a', { starts: false })],
])('%s: nobody waits for that', async (_, rig) => {
  await expect(rig.drive.begin()).resolves.toBeUndefined();
});

test('a different document is checked while HAProxy serves, and loaded by a reload', async () => {
  const rig = rigWith('a');
  void rig.drive.begin();
  rig.drive.want(named('b'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.log.filter((what) => /serve|put|reload /.test(what))).toEqual(['serve at once', 'put b', 'reload b']);
});

test('HAProxy does not start with them: the first document is checked and started as if there were none', async () => {
  const rig = rigWith('a', { starts: false });
  void rig.drive.begin();
  rig.drive.want(named('b'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.log.filter((what) => /serve|put|reload/.test(what))).toEqual(['serve at once', 'put b', 'reload b', 'reloaded not-loaded']);
});

test('files that HAProxy has not served, as somebody has changed them, are not started', async () => {
  const rig = rigWith('a', { served: 'b' });
  void rig.drive.begin();
  await calm();
  expect(rig.log).toEqual([]);
});

test('HAProxy is gone: it is started with the files that it served last before what is wanted is checked', async () => {
  const rig = rigWith('a');
  rig.drive.want(named('a'));
  await calm();
  rig.refusals.push('no', 'no');
  rig.drive.want(named('b'));
  await calm();
  rig.log.length = 0;
  rig.runs = undefined;
  expect(rig.drive.lost()).toBe(true);
  await calm();
  expect(rig.log.slice(0, 2)).toEqual(['serve at once', 'reloaded not-loaded']);
  expect(rig.log).not.toContain('revive a');
  expect(rig.runs).toBe('a');
});

test('the first file is not checked before HAProxy starts with it: the start is the check', async () => {
  const rig = rigWith(undefined);
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.log).toEqual(['put a unchecked', 'serve at once', 'reloaded not-loaded', 'confirm']);
  expect(rig.served).toEqual(['a']);
});

test('HAProxy does not start with the first file: it is taken away and checked, and whoever is to blame is found', async () => {
  const rig = rigWith(undefined, { starts: false });
  rig.refusals.push('no');
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toMatchObject({ ok: false, why: 'HAProxy refuses the configuration: no' });
  expect(rig.log).toEqual(['put a unchecked', 'serve at once', 'withdraw', 'put a']);
  expect(rig.disk).toBeUndefined();
  expect(rig.verdicts).toEqual(['a false']);
});
