import { expect, test } from '@jest/globals';
import { CommandsDuringReload, type DuringReloadDependencies } from '../../src/drive/during-reload.ts';
import { Wanted } from '../../src/drive/wanted.ts';
import type { Haproxy } from '../../src/model/haproxy.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { addBackend, reason } from '../../src/plan/runtime-commands.ts';
import { calm } from './drive-rig.ts';
import { running, serving, shop, type Live } from './drive-live.ts';

/** Runs servers 1 and 2, and a reload that goes on until `end` is called. */
async function reloading(): Promise<{ readonly live: Live; readonly end: () => Promise<void> }> {
  const live = await running([1, 2]);
  let open: () => void = () => undefined;
  live.hold = new Promise((resolve) => (open = resolve));
  live.rig.drive.want(shop([1, 2], { head: 'b' })); // a head is no matter of commands
  await calm();
  expect(live.sent).toEqual(['reload']);
  return {
    live,
    end: async () => {
      open();
      await calm();
    },
  };
}

test('during a reload, changes are sent to the old worker, and then the same commands to the new worker first', async () => {
  const { live, end } = await reloading();
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']); // the new task serves, the one that has ended does not
  const [, ...duringReload] = live.sent;
  await end();
  const after = live.sent.slice(live.sent.indexOf('new worker') + 1);
  expect(after.slice(0, duringReload.length)).toEqual(duringReload);
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
  await expect(live.rig.drive.settled()).resolves.toMatchObject({ ok: true });
  expect(live.sent.filter((what) => what === 'reload')).toHaveLength(1);
});

test('after a failed reload, what the worker took meanwhile is known and not sent again', async () => {
  const { live, end } = await reloading();
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  live.stuck = true;
  await end();
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
  expect(live.sent.filter((what) => what.startsWith('add server'))).toHaveLength(1);
});

test('when the old worker no longer answers during a reload, changes wait for the new worker', async () => {
  const { live, end } = await reloading();
  live.isDeaf = true;
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
  await end();
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('when the reload failed and it is unknown what the worker took, HAProxy is read back', async () => {
  const { live, end } = await reloading();
  live.answers.push('', new Error('no answer')); // it took the first command
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  live.stuck = true;
  await end();
  live.stuck = false;
  live.rig.drive.want(shop([2, 3]));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('a new server is enabled during a reload when its check has passed', async () => {
  const { live, end } = await reloading();
  live.rig.drive.want(shop([1, 2, 3], { head: 'b', check: true }));
  await calm();
  live.passed.add('shop_1/s3');
  await live.tick();
  await end();
  expect(serving(live)).toContain('shop_1/s3');
});

test('commands after the file was written and before the reload are sent again as well', async () => {
  const live = await running([1, 2]);
  let put: () => void = () => undefined;
  live.holdPut = new Promise((resolve) => (put = resolve));
  live.rig.drive.want(shop([1, 2], { head: 'b' }));
  await calm();
  live.rig.drive.want(shop([2], { head: 'b' }));
  await calm();
  const stop = live.sent.filter((what) => what !== 'reload');
  expect(stop.length).toBeGreaterThan(0);
  put();
  await calm();
  const after = live.sent.slice(live.sent.indexOf('new worker') + 1);
  expect(after.slice(0, stop.length)).toEqual(stop);
});

/** A BesideReload with a HAProxy that takes every command, and what it was sent. */
function duringReloadTaking() {
  const sent: string[] = [];
  const send: Haproxy['send'] = (commands) => {
    sent.push(...commands.map(({ text }) => text));
    return Promise.resolve(commands.map(() => ({ taken: true, answer: '' })));
  };
  const parts = { haproxy: { send }, applyAnswers } as unknown as DuringReloadDependencies['parts'];
  const duringReload = new CommandsDuringReload({
    parts,
    wanted: new Wanted({ now: () => 0 }),
    running: () => undefined,
    setRunning: () => undefined,
  });
  return { duringReload, sent, send };
}

test('commands are kept only from the writing of a file to its end, however many there are', async () => {
  const { duringReload, sent, send } = duringReloadTaking();
  const told = duringReload.noting({ send });
  const say = (text: string): Promise<unknown> => told.send([{ text, expect: /^$/, reason: reason('by-hand', 'haproxy') }]);
  await say('before');
  duringReload.begin();
  await say('meanwhile');
  await duringReload.sendAgain(shop([1]));
  await say('after');
  await duringReload.sendAgain(shop([1]));
  expect(sent).toEqual(['before', 'meanwhile', 'meanwhile', 'after']);
});

test('a backend that the file has already is not made again, and one that it lacks is', async () => {
  const { duringReload, sent, send } = duringReloadTaking();
  const [section] = shop([1]).backends;
  if (section === undefined) throw new Error('the document has no backend');
  const other: typeof section = { ...section, name: 'backend cart_2', backend: 'cart_2' as typeof section.backend };
  duringReload.begin();
  await duringReload.noting({ send }).send([addBackend(section, 'class'), addBackend(other, 'class')]);
  sent.length = 0;
  const {
    running: { document },
  } = await duringReload.sendAgain(shop([1]));
  expect(sent).toEqual(['add backend cart_2 from class']);
  expect(document.backends.map(({ backend }) => backend)).toEqual(['shop_1', 'cart_2']);
});
