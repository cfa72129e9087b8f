import { expect, test } from '@jest/globals';
import type { Document } from '../../src/model/document.ts';
import { loaded } from '../plan/plan-fake.ts';
import { calm } from './drive-rig.ts';
import { FOLDER, makeLive, running, serving, shop } from './drive-live.ts';

test('a server that comes and one that goes are commands, at once and without a reload; the file follows', async () => {
  const live = await running([1, 2]);
  const wanted = shop([2, 3]);
  live.rig.drive.want(wanted);
  await expect(live.rig.drive.settled()).resolves.toEqual({ ok: true, by: 'commands' });
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
  expect(live.sent).not.toContain('reload');
  expect(live.written).not.toBe(wanted);
  await live.tick();
  expect(live.written).toBe(wanted);
  expect(live.sent).toContain('agrees');
  expect(live.rig.served.length).toBe(2);
});

test('that HAProxy runs what the file says could not be noted: it is tried again', async () => {
  const live = await running([1, 2]);
  live.disagrees = true;
  live.rig.drive.want(shop([2, 3]));
  await calm();
  await live.tick();
  expect(live.sent.filter((what) => what === 'agrees')).toHaveLength(1);
  await live.tick();
  expect(live.sent.filter((what) => what === 'agrees')).toHaveLength(2);
});

test('a server that is gone is deleted by and by, and may come back before', async () => {
  const live = await running([1, 2]);
  live.rig.drive.want(shop([2]));
  await calm();
  await live.tick();
  expect(live.memory.servers.get('shop_1/s1')).toMatchObject({ admin: 'maint' }); // only seen to be stopped
  live.rig.drive.want(shop([1, 2]));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
  live.rig.drive.want(shop([2]));
  await calm();
  live.answers.push('Server still has connections attached to it, cannot remove it.');
  for (let i = 0; i < 2; i++) await live.tick();
  expect([...live.memory.servers.keys()]).toEqual(['shop_1/s1', 'shop_1/s2']);
  for (let i = 0; i < 2; i++) await live.tick();
  expect([...live.memory.servers.keys()]).toEqual(['shop_1/s2']);
  expect(live.sent).not.toContain('reload');
});

test('a server whose task is being killed is drained, then stopped', async () => {
  const live = await running([1, 2]);
  live.rig.drive.want(shop([2], { leaving: [1] }));
  await calm();
  expect(live.memory.servers.get('shop_1/s1')).toMatchObject({ admin: 'drain' });
  live.rig.drive.want(shop([2]));
  await calm();
  expect(live.memory.servers.get('shop_1/s1')).toMatchObject({ admin: 'maint' });
});

test('a new server is enabled when its check has passed, and before that only if no other serves', async () => {
  const live = await running([1], { check: true });
  live.rig.drive.want(shop([1, 2], { check: true }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1']);
  await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1']);
  live.passed.add('shop_1/s2');
  await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
  live.rig.drive.want(shop([3], { check: true }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s3']);
});

test('a new server waits for its own check, not for the time after which a stopped one is deleted, which is no shorter for that', async () => {
  const live = await running([1, 2], { check: true });
  live.rig.drive.want(shop([2], { check: true }));
  await calm();
  live.rig.drive.want(shop([2, 3], { check: true }));
  await calm();
  for (let i = 0; i < 4; i++) await live.tick(100);
  expect([...live.memory.servers.keys()]).toContain('shop_1/s1');
  live.passed.add('shop_1/s3');
  await live.tick(100);
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
  for (let i = 0; i < 2; i++) await live.tick();
  expect([...live.memory.servers.keys()]).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('a command that is refused ends in a reload, and in what is wanted', async () => {
  const live = await running([1]);
  live.answers.push('', 'Out of memory');
  live.rig.drive.want(shop([1, 2]));
  await calm();
  expect(live.sent.filter((what) => what === 'reload')).toEqual(['reload']);
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
});

test('when the socket fails in the middle, what HAProxy holds is read back and the rest is sent', async () => {
  const live = await running([1]);
  live.answers.push('', new Error('the connection was cut'));
  live.rig.drive.want(shop([1, 2, 3]));
  await calm();
  for (let i = 0; i < 3; i++) await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2', 'shop_1/s3']);
  expect(live.rig.log).toContain('troubled: the connection was cut');
});

test('a reload that never comes up does not keep commands from the HAProxy that runs, then or while it is tried again', async () => {
  const live = await running([1]);
  live.stuck = true;
  live.rig.drive.want(shop([1, 2], { head: 'b' }));
  await calm();
  expect(live.sent).toContain('reload');
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
  live.stuck = false;
  live.rig.drive.want(shop([2, 3], { head: 'c' }));
  await calm();
  await expect(live.rig.drive.settled()).resolves.toMatchObject({ ok: true });
});

test('commands go before a reload and not with it; what changed meanwhile is sent after it', async () => {
  const live = await running([1]);
  live.rig.drive.want(shop([1, 2], { head: 'b' }));
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  expect(live.sent.indexOf('reload')).toBeGreaterThan(live.sent.findIndex((text) => text.startsWith('add server')));
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('in doubt what HAProxy holds is read back: a reload by hand with an older file is made good without another', async () => {
  const live = await running([1, 2]);
  const wanted = shop([1, 2, 3]);
  live.rig.drive.want(wanted);
  await calm();
  live.memory = loaded(shop([1]), FOLDER);
  live.sent.length = 0;
  live.rig.drive.want(wanted);
  await calm();
  expect([live.sent, serving(live)]).toEqual([[], ['shop_1/s1']]); // it does not know
  live.rig.drive.doubt();
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2', 'shop_1/s3']);
  expect(live.sent).not.toContain('reload');
  await live.rig.drive.idle();
  expect(live.written).toBe(wanted);
});

test('a doubt sends nothing when HAProxy is as expected, or when nothing is known yet', async () => {
  const live = await running([1, 2]);
  live.rig.drive.doubt();
  await calm();
  const early = makeLive();
  early.rig.drive.doubt();
  await calm();
  expect([live.sent, early.sent]).toEqual([[], []]);
});

test('at the end the file says what HAProxy runs', async () => {
  const live = await running([1]);
  const wanted = shop([1, 2]);
  live.rig.drive.want(wanted);
  await live.rig.drive.settled();
  await live.rig.drive.idle();
  expect(live.written).toBe(wanted);
});

/** A document with these servers, and so many certificates in a folder, all of them of this age. */
function withCertificates(servers: readonly number[], count: number, fingerprint: string): Document {
  const paths = Array.from({ length: count }, (_, i) => `/etc/ssl/${String(i).padStart(4, '0')}.pem`);
  const pems = new Map(paths.map((path) => [path, { path, fingerprint, names: [path], key: 'ec' }]));
  const binds = [[{ kind: 'folder', name: '/etc/ssl', lines: paths.map((path) => ({ path })) }]] as const;
  return { ...shop(servers), certificates: { fingerprints: new Map(), list: [], pems, binds } };
}

test('a server that comes does not wait until hundreds of certificates are renewed', async () => {
  const live = makeLive();
  live.rig.drive.want(withCertificates([1], 300, 'old'));
  await calm();
  live.sent.length = 0;
  live.rig.drive.want(withCertificates([1], 300, 'new'));
  live.rig.drive.want(withCertificates([1, 2], 300, 'new'));
  await expect(live.rig.drive.settled()).resolves.toEqual({ ok: true, by: 'commands' });
  const server = live.sent.findIndex((text) => text.startsWith('add server shop_1/s2'));
  expect(live.sent.slice(0, server).every((text) => text.startsWith('set ssl cert'))).toBe(true);
  expect(server).toBeLessThanOrEqual(50);
  expect(live.sent.filter((text) => text.startsWith('set ssl cert'))).toHaveLength(300);
  expect(live.sent).not.toContain('reload');
});
