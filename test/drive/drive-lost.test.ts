import { expect, test } from '@jest/globals';
import { calm } from './drive-rig.ts';
import { running, serving, shop } from './drive-live.ts';

const after = (sent: readonly string[]): readonly string[] => sent.slice(sent.indexOf('new worker') + 1);

test('a reload by hand before the file has followed: HAProxy is sent again what the file does not have', async () => {
  const live = await running([1, 2]);
  live.rig.drive.want(shop([2, 3]));
  await calm();
  live.rig.drive.reloadAsItIs();
  await calm();
  expect(live.sent).toContain('new worker');
  expect(after(live.sent)).toContain('enable server shop_1/s3');
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('a reload by hand of a file that nobody has edited: the file is brought up to date before', async () => {
  const live = await running([1, 2]);
  const wanted = shop([2, 3]);
  live.isFileOurs = true;
  live.rig.drive.want(wanted);
  await calm();
  live.rig.drive.reloadAsItIs();
  await calm();
  expect(live.written).toBe(wanted);
  expect(after(live.sent)).toEqual([]);
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('what changes beside a reload by hand is there after it', async () => {
  const live = await running([1, 2]);
  let open: () => void = () => undefined;
  live.hold = new Promise((resolve) => (open = resolve));
  live.rig.drive.reloadAsItIs();
  await calm();
  live.rig.drive.want(shop([2, 3]));
  await calm();
  expect(live.sent).not.toContain('new worker');
  open();
  await calm();
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('a reload that was not confirmed may have loaded its file all the same: when a different worker is found, HAProxy is reloaded', async () => {
  const live = await running([1, 2]);
  let open: () => void = () => undefined;
  live.hold = new Promise((resolve) => (open = resolve));
  live.isSilent = true;
  live.rig.runs = 'something'; // it has not ended
  live.rig.drive.want(shop([1, 2], { head: 'b' }));
  await calm();
  const wanted = shop([1, 2]); // as before the change
  live.rig.drive.want(wanted);
  open();
  await calm();
  live.isSilent = false;
  live.sent.length = 0;
  live.rig.drive.doubt();
  await calm();
  expect(live.sent).toContain('new worker');
  expect(live.written).toBe(wanted);
  live.sent.length = 0;
  live.rig.drive.doubt(); // that reload was confirmed
  await calm();
  expect(live.sent).toEqual([]);
});

test.each([
  ['by hand', undefined],
  ['for a change', 'b'],
])('a command beside a reload %s that the new worker has taken, without an answer, is no reason for one more reload', async (_, head) => {
  const live = await running([1, 2]);
  [live.reviews, live.isFileOurs] = [true, true];
  let open: () => void = () => undefined;
  live.hold = new Promise((resolve) => (open = resolve));
  if (head === undefined) live.rig.drive.reloadAsItIs();
  else live.rig.drive.want(shop([1, 2], { head }));
  await calm();
  live.isLate = true;
  live.rig.drive.want(shop([1, 2, 3], { head }));
  await calm();
  open();
  await calm();
  live.isLate = false;
  await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2', 'shop_1/s3']);
  expect(live.sent.filter((what) => what === 'reload')).toHaveLength(1);
});
