import { expect, test } from '@jest/globals';
import { calm, makeRig, named } from './drive-rig.ts';

/** A promise to be settled by hand. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('the first document: files, then a start, then a copy of what serves', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  expect(rig.log).toEqual([]); // it returns at once
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.log.slice(0, 4)).toEqual(['put a', 'reload a', 'reloaded not-loaded', 'confirm']);
  expect([rig.runs, rig.verdicts]).toEqual(['a', []]);
});

test('a different document is loaded by a reload with its reasons, and the same document again does nothing', async () => {
  const rig = makeRig();
  const [a, b] = [named('a'), named('b')];
  rig.drive.want(a);
  await calm();
  rig.log.length = 0;
  rig.drive.want(b);
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.log.slice(0, 4)).toEqual(['put b', 'reload b', 'reloaded front-changed', 'confirm']);
  await calm();
  rig.log.length = 0;
  rig.drive.want(b);
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'nothing' });
  await calm();
  expect(rig.log.filter((what) => what.startsWith('reload'))).toEqual([]);
});

test('a different document with the same text is neither written nor loaded', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'nothing' });
  expect(rig.log).toEqual([]);
});

test('of many documents wanted at once, only the last is applied', async () => {
  const rig = makeRig();
  for (const name of ['a', 'b', 'c']) rig.drive.want(named(name));
  await rig.drive.settled();
  await calm();
  expect(rig.log.filter((what) => /^(put|reload) /.test(what)).filter((what) => !what.endsWith(' c'))).toEqual([]);
  expect(rig.runs).toBe('c');
});

test('a HAProxy that runs what is wanted is adopted: no reload', async () => {
  const rig = makeRig();
  [rig.disk, rig.runs] = ['a', 'a'];
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'nothing' });
  await calm();
  expect(rig.log).toEqual([]);
  rig.drive.want(named('b'));
  await rig.drive.settled();
  expect(rig.log).toContain('reloaded front-changed');
});

test('a HAProxy that runs something else is reloaded', async () => {
  const rig = makeRig();
  [rig.disk, rig.runs] = ['old', 'old'];
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.runs).toBe('a');
});

test('a document that HAProxy refuses is not tried again, but the next one is', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.refusals.push('unknown keyword', 'unknown keyword');
  rig.drive.want(named('b'));
  const why = 'HAProxy refuses the configuration: unknown keyword';
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why });
  await calm();
  expect(rig.log).toEqual(['put b']);
  expect([rig.runs, rig.verdicts.at(-1)]).toEqual(['a', 'b false']);
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why }); // still

  rig.refusals.length = 0;
  rig.drive.want(named('c'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: true, by: 'reload' });
  expect([rig.runs, rig.verdicts.at(-1)]).toEqual(['c', 'c true']);
});

test('after a failed reload the previous files are put back, and the document is tried again', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.failures.push('port 80 is taken');
  rig.drive.want(named('b'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why: 'port 80 is taken' });
  await calm();
  expect(rig.log.slice(0, 8)).toEqual([
    'put b',
    'reload b',
    'restore',
    'failed: port 80 is taken',
    'put b',
    'reload b',
    'reloaded front-changed',
    'confirm',
  ]);
  expect(rig.runs).toBe('b');
  await expect(rig.drive.settled()).resolves.toMatchObject({ ok: true });
});

test('while reloads fail, file and process agree', async () => {
  const rig = makeRig({}, 2);
  rig.drive.want(named('a'));
  await calm();
  rig.failures.push('no', 'no', 'no');
  rig.drive.want(named('b'));
  await calm();
  expect([rig.disk, rig.runs]).toEqual(['a', 'a']);
});

test('a reload that ends HAProxy: it is started with the files before, and this document is not tried again', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.fatal = true;
  rig.failures.push('it could not bind', 'again');
  rig.drive.want(named('b'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why: 'it could not bind' });
  await calm();
  expect(rig.log).toEqual(['put b', 'reload b', 'restore', 'revive a', 'ended']);
  expect([rig.disk, rig.runs]).toEqual(['a', 'a']);
});

test('a start that fails without files before is tried again', async () => {
  const rig = makeRig();
  rig.failures.push('no');
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why: 'no' });
  await calm();
  expect(rig.log.slice(0, 5)).toEqual(['put a', 'reload a', 'restore', 'failed: no', 'put a']);
  expect(rig.runs).toBe('a');
});

test('what is wanted during a reload is applied after it', async () => {
  const rig = makeRig();
  const { opened, open } = gate();
  rig.hold = opened;
  rig.drive.want(named('a'));
  await calm();
  expect(rig.log).toEqual(['put a', 'reload a']);
  rig.drive.want(named('b'));
  rig.drive.want(named('c'));
  const settled = rig.drive.settled();
  await calm();
  expect(rig.log).toEqual(['put a', 'reload a']);
  rig.hold = undefined;
  open();
  await expect(settled).resolves.toEqual({ ok: true, by: 'reload' });
  expect(rig.runs).toBe('c');
  expect(rig.log.filter((what) => what.startsWith('put')).slice(0, 2)).toEqual(['put a', 'put c']);
});

test('when the previous document is wanted again during a reload, HAProxy ends up with it', async () => {
  const rig = makeRig();
  const a = named('a');
  rig.drive.want(a);
  await calm();
  const { opened, open } = gate();
  rig.hold = opened;
  rig.drive.want(named('b'));
  await calm();
  rig.drive.want(a);
  rig.hold = undefined;
  open();
  await calm();
  expect([rig.disk, rig.runs]).toEqual(['a', 'a']);
});

test('asked for by hand it is reloaded as it is, also when nothing is wanted yet', async () => {
  const rig = makeRig();
  rig.drive.reloadAsItIs();
  await calm();
  expect(rig.log).toEqual(['reload nothing', 'reloaded by-hand']);
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.drive.reloadAsItIs();
  await calm();
  expect(rig.log.filter((what) => what.startsWith('reload'))).toEqual(['reload a', 'reloaded by-hand']);
});

test('when HAProxy is gone it is started with what is wanted', async () => {
  const rig = makeRig();
  rig.drive.lost(); // nothing is wanted yet
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.runs = undefined;
  rig.drive.lost();
  await calm();
  expect(rig.log.slice(0, 4)).toEqual(['put a', 'reload a', 'reloaded not-loaded', 'confirm']);
  expect(rig.runs).toBe('a');
});

test('a failure to write the files is reported, and tried again', async () => {
  let full = true;
  const rig = makeRig({
    files: {
      put: () => (full ? Promise.reject(new Error('the disk is full')) : Promise.resolve({ ok: true })),
      putFirst: () => Promise.resolve(),
      withdraw: () => Promise.resolve(),
      wasServed: () => Promise.resolve(false),
      check: () => Promise.resolve({ ok: true }),
      write: () => Promise.resolve(''),
      read: () => Promise.resolve({ config: '', maps: {} }),
      fingerprint: () => Promise.resolve('x'),
      confirm: () => Promise.resolve(),
      restore: () => Promise.resolve(false),
    },
    quiet: (work) => () => {
      void work().catch(() => {
        full = false;
        return work();
      });
    },
  });
  rig.drive.want(named('a'));
  await expect(rig.drive.settled()).resolves.toEqual({ ok: false, why: 'the disk is full' });
  await calm();
  await expect(rig.drive.settled()).resolves.toMatchObject({ ok: true });
});

test('everybody who waits for the outcome gets it', async () => {
  const rig = makeRig();
  const asked = [rig.drive.settled(), rig.drive.settled()];
  rig.drive.want(named('a'));
  await expect(Promise.all(asked)).resolves.toEqual([
    { ok: true, by: 'reload' },
    { ok: true, by: 'reload' },
  ]);
});
