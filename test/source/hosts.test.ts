import { expect, test } from '@jest/globals';
import { makeHosts } from '../../src/source/hosts.ts';
import { app, task } from './apps.ts';

const { signal } = new AbortController();
const named = (id: string, ...hosts: readonly string[]) =>
  app(id, { tasks: hosts.map((host, i) => task(`${id}.${i}`, { host, hostAddress: undefined })) });

/** Names resolve to what `names` says, and nothing else does. */
function start(names: Record<string, string>, settings: { readonly waitMs?: number } = {}) {
  const asked: string[] = [];
  const unresolved: string[] = [];
  let time = 0;
  const hosts = makeHosts({
    resolve: (name) => {
      asked.push(name);
      if (names[name] === 'never') return new Promise(() => undefined);
      return names[name] === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(names[name]);
    },
    now: () => time,
    unresolved: (name) => unresolved.push(name),
    ...settings,
  });
  const addresses = async (one: ReturnType<typeof named>, whole: boolean) =>
    (await hosts([one], { whole, signal }))[0]?.tasks.map(({ hostAddress }) => hostAddress);
  const pass = (ms: number): void => {
    time += ms;
  };
  return { addresses, asked, unresolved, pass, names };
}

test('names get their addresses, asked for once a minute; what no longer resolves keeps its own', async () => {
  const { addresses, asked, unresolved, pass, names } = start({ a: '10.0.0.1' });
  expect(await addresses(named('/x', 'a', 'b', ''), true)).toEqual(['10.0.0.1', undefined, undefined]);
  expect(await addresses(named('/x', 'a', 'b'), false)).toEqual(['10.0.0.1', undefined]);
  expect([asked, unresolved]).toEqual([['a', 'b'], ['b']]);
  pass(60_001);
  delete names['a'];
  names['b'] = '10.0.0.2';
  expect(await addresses(named('/x', 'a', 'b'), false)).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(unresolved).toEqual(['b', 'a']);
});

test('one app read by itself forgets nothing of the others, a full read does', async () => {
  const { addresses, asked } = start({ a: '10.0.0.1', b: '10.0.0.2' });
  await addresses(named('/x', 'a'), true);
  await addresses(named('/y', 'b'), false);
  await addresses(named('/x', 'a'), false);
  expect(asked).toEqual(['a', 'b']);
  await addresses(named('/y', 'b'), true);
  await addresses(named('/x', 'a'), false);
  expect(asked).toEqual(['a', 'b', 'a']);
});

test('a lookup that hangs is waited for once, and holds up nobody afterwards', async () => {
  const { addresses, asked } = start({ a: 'never', b: '10.0.0.2' }, { waitMs: 20 });
  expect(await addresses(named('/x', 'a', 'b'), true)).toEqual([undefined, '10.0.0.2']);
  expect(await addresses(named('/x', 'a', 'b'), false)).toEqual([undefined, '10.0.0.2']);
  expect(asked).toEqual(['a', 'b']);
});
