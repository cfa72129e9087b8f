import { expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import { start } from './read-scheduler-rig.ts';

const many = (from: number, count: number): readonly string[] => Array.from({ length: count }, (_, i) => `/app-${from + i}`);

test('the events of one change are one read, 5 ms after the first; the log has its reason', async () => {
  const { reader, begun, lines, clock } = start();
  for (const n of [1, 2, 3]) {
    reader.ask('/shop' as AppId, `event ${n}`);
    await clock.pass(1);
  }
  expect(begun).toEqual([]);
  await clock.pass(10);
  expect(begun).toEqual(['5 /shop']);
  expect(lines).toEqual(['debug reading an app of Marathon {"app":"/shop","reason":"event 1 and 2 more"}']);
});

test('several apps are read one after the other, in the order of their first events', async () => {
  const { ask, end, begun, clock } = start();
  ask('/b', '/a', '/b', '/c');
  await clock.pass(20);
  expect(begun).toEqual(['5 /b']);
  await end('/b');
  expect(begun).toEqual(['5 /b', '20 /a']);
  await end('/a');
  await end('/c');
  expect(begun).toEqual(['5 /b', '20 /a', '20 /c']);
});

test('an app that changes while it is read is read once more afterwards', async () => {
  const { ask, end, begun, clock } = start();
  ask('/a');
  await clock.pass(10);
  ask('/a', '/a');
  await clock.pass(10);
  expect(begun).toEqual(['5 /a']);
  await end('/a');
  await end('/a');
  expect(begun).toEqual(['5 /a', '20 /a']);
  await clock.pass(100_000);
  expect(begun).toHaveLength(2);
});

test('more than 20 apps become one full read instead', async () => {
  const { ask, begun, lines, clock } = start();
  ask(...many(1, 21));
  await clock.pass(100);
  expect(begun).toEqual(['5 all']);
  expect(lines).toEqual(['debug reading Marathon {"reason":"21 apps changed"}']);
});

test('20 apps do not', async () => {
  const { ask, begun, clock } = start(1);
  ask(...many(1, 20));
  await clock.pass(100);
  expect(begun).toHaveLength(20);
  expect(begun).not.toContain('5 all');
});

test('while it is not the turn of a full read, many apps are read one by one until then', async () => {
  const { reader, ask, begun, lines, clock } = start(100);
  reader.ask('all', 'first');
  await clock.pass(200);
  ask(...many(1, 30));
  await clock.pass(2_000);
  // the first took from 5 to 105 ms, and the next has its turn a second later
  expect(begun.slice(0, 3)).toEqual(['5 all', '205 /app-1', '305 /app-2']);
  const second = begun.indexOf('1105 all');
  expect(begun.slice(second)).toEqual(['1105 all']);
  expect(second).toBe(10);
  expect(lines.at(-1)).toBe('debug reading Marathon {"reason":"30 apps changed"}');
});

test('an app is read while a full read is in flight', async () => {
  const { reader, ask, begun, clock } = start();
  reader.ask('all', 'group_change_success');
  await clock.pass(10);
  ask('/a');
  await clock.pass(10);
  expect(begun).toEqual(['5 all', '15 /a']);
});

const MANY = Array.from({ length: 25 }, (_, i) => `/app-${i}`);

test('a full read that starts is also one of the apps that waited for theirs, where they are many', async () => {
  const { reader, ask, begun, clock } = start();
  ask(...MANY);
  void reader.read('event stream attached');
  await clock.pass(100);
  expect(begun).toEqual(['5 /app-0', '5 all']);
});

test('few are read by themselves beside a full read, which may take long', async () => {
  const { reader, ask, end, begun, clock } = start();
  ask('/a', '/b');
  void reader.read('group_change_success');
  await clock.pass(5);
  await end('/a');
  await clock.pass(5);
  expect(begun).toEqual(['5 /a', '5 all', '5 /b']);
});

test('when it fails, they are tried by themselves', async () => {
  const { reader, ask, end, begun, clock } = start();
  void reader.read('by hand').catch(() => undefined);
  await clock.pass(4);
  ask(...MANY);
  await clock.pass(1);
  await end('all', 'no Marathon');
  await clock.pass(900);
  expect(begun).toEqual(['5 all']);
  await clock.pass(200);
  expect(begun).toContain('1010 /app-0');
});

test('an app that failed is tried again, and does not hold up the others', async () => {
  const { ask, end, begun, clock } = start();
  ask('/bad', '/good');
  await clock.pass(5);
  await end('/bad', 'no Marathon');
  expect(begun).toEqual(['5 /bad', '5 /good']);
  await end('/good');
  await clock.pass(1_005);
  await end('/bad', 'no Marathon');
  await clock.pass(2_005);
  expect(begun.slice(2)).toEqual(['1010 /bad', '3015 /bad']);
  await end('/bad');
  await clock.pass(60_000);
  expect(begun).toHaveLength(4);
});

test.each(['while it is read', 'afterwards'])(
  'an app that fails and changes again, %s, is read once more, and then all is well',
  async (when) => {
    const { ask, end, begun, clock } = start();
    ask('/a');
    await clock.pass(5);
    if (when === 'while it is read') ask('/a');
    await end('/a', 'no Marathon');
    if (when === 'afterwards') ask('/a');
    await clock.pass(5);
    await end('/a');
    await clock.pass(60_000);
    expect(begun).toEqual(['5 /a', '10 /a']);
  },
);

test('an app that failed and changes again is read at once', async () => {
  const { ask, end, begun, clock } = start();
  ask('/a', '/b');
  await clock.pass(5);
  await end('/a', 'no Marathon');
  await end('/b', 'no Marathon');
  ask('/a');
  await clock.pass(5);
  expect(begun).toEqual(['5 /a', '5 /b', '10 /a']);
});

test.each(['/shop/versions', '/shop/versions/1', '/shop/tasks', '/shop/restart', '/shop/../x', '/shop/*', '/', 'shop', '/shop/', ''])(
  "'%s' is no app that can be read by itself: everything is",
  async (id) => {
    const { ask, begun, clock } = start();
    ask(id);
    await clock.pass(5);
    expect(begun).toEqual(['5 all']);
  },
);

test('nothing is read behind the end, and nothing is tried again', async () => {
  const { reader, ask, end, begun, clock, stop } = start();
  ask('/a', '/b');
  await clock.pass(5);
  const waiting = expect(reader.read('a')).rejects.toThrow('aborted');
  stop.abort();
  await waiting;
  await end('/a', 'cut off');
  ask('/c');
  reader.ask('all', 'b');
  await expect(reader.read('c')).rejects.toThrow('aborted');
  await clock.pass(100_000);
  expect(begun).toEqual(['5 /a']);
});
