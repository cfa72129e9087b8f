import { expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import type { App } from '../../src/model/snapshot.ts';
import type { HostRead } from '../../src/source/hosts-in-turn.ts';
import { makeAppRead, makeFullRead, type Complete } from '../../src/source/read-to-news.ts';
import { app, decode, problem } from './apps.ts';
import { makeClock } from './clock.ts';
import { recordLog } from './server.ts';

const { signal } = new AbortController();
const shop = '/shop' as AppId;
const bad = '/bad' as AppId;

/** A client whose answers are JSON texts, sentAt at 5; an empty list is Marathon's word that there is nothing. Errors are thrown. */
function start(answers: (readonly string[] | Error)[], complete?: Complete) {
  const told: News[] = [];
  const { log, lines } = recordLog();
  const next = <T>(each: (json: string) => T): Promise<HostRead<readonly T[]>> => {
    const answer = answers.shift() ?? [];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ sentAt: 5, answer: answer.map(each) });
  };
  const deps = { decode, tell: (news: News) => told.push(news), now: () => 7, log, ...(complete && { complete }) };
  const watched: string[] = [];
  const unread = { begun: () => void watched.push('begun'), succeeded: () => void watched.push('succeeded') };
  const readAll = makeFullRead({ readApps: next, unread, ...deps });
  const readApp = makeAppRead({
    readApp: async (question) => {
      const { sentAt, answer } = await next(question.decode);
      return { sentAt, answer: answer[0] };
    },
    ...deps,
  });
  return { readAll, readApp, told, lines, watched };
}

test('a full read is told with its problems, in the order it came, and when it was sentAt', async () => {
  const { readAll, told, lines } = start([['/b', '/bad', '/a'].map((id) => `{"id":"${id}"}`)]);
  await readAll(signal);
  expect(told).toEqual([{ kind: 'apps', at: 7, sentAt: 5, apps: [app('/b'), app('/a')], problems: [problem('/bad')] }]);
  expect(lines).toEqual(['info Marathon was read {"apps":2}']);
});

test('one app is told as it is, as gone, or with its problem', async () => {
  const { readApp, told, lines } = start([['{"id":"/shop"}'], [], ['{"id":"/bad"}']]);
  for (const id of [shop, shop, bad]) await readApp(id, signal);
  expect(told).toEqual([
    { kind: 'app', at: 7, sentAt: 5, id: '/shop', app: app('/shop'), problems: [] },
    { kind: 'app', at: 7, sentAt: 5, id: '/shop', app: undefined, problems: [] },
    { kind: 'app', at: 7, sentAt: 5, id: '/bad', app: undefined, problems: [problem('/bad')] },
  ]);
  expect(lines).toEqual([]);
});

test('apps are completed before they are told, and told apart are all of them from one of them', async () => {
  const sentAt: unknown[] = [];
  const complete: Complete = (apps, { whole }) => {
    sentAt.push([whole, apps.map(({ id }) => id)]);
    return Promise.resolve(apps.map((one: App) => ({ ...one, instances: 9 })));
  };
  const { readAll, readApp, told } = start([['{"id":"/a"}', '{"id":"/shop"}'], ['{"id":"/shop"}']], complete);
  await readAll(signal);
  await readApp(shop, signal);
  expect(sentAt).toEqual([
    [true, ['/a', '/shop']],
    [false, ['/shop']],
  ]);
  expect(told).toMatchObject([{ apps: [{ instances: 9 }, { instances: 9 }] }, { app: { instances: 9 } }]);
});

test('a read that fails is told to the log once per sentence, and when it is well again', async () => {
  const { readAll, lines } = start([new Error('x'), new Error('y'), new Error('x'), [], new Error('x'), new Error('the end')]);
  for (const message of ['x', 'y', 'x']) await expect(readAll(signal)).rejects.toThrow(message);
  await readAll(signal);
  await expect(readAll(signal)).rejects.toThrow('x');
  await expect(readAll(AbortSignal.abort())).rejects.toThrow('the end');
  const worse = 'warn Marathon could not be read, so the last known state is kept';
  expect(lines).toEqual([
    `${worse} {"reason":"x"}`,
    `${worse} {"reason":"y"}`,
    'info Marathon was read {"apps":0}',
    `${worse} {"reason":"x"}`,
  ]);
});

test('whoever watches over full reads hears of each, and which succeeded', async () => {
  const { readAll, readApp, watched } = start([new Error('x'), [], []]);
  await expect(readAll(signal)).rejects.toThrow('x');
  await readAll(signal);
  await readApp(shop, signal);
  expect(watched).toEqual(['begun', 'begun', 'succeeded']);
});

test('so is one of an app, whichever it is; that all is well is news only after a failure', async () => {
  const { readApp, lines } = start([[], new Error('x'), new Error('x'), [], [], new Error('x'), new Error('the end')]);
  await readApp(shop, signal);
  await expect(readApp(shop, signal)).rejects.toThrow('x');
  await expect(readApp(bad, signal)).rejects.toThrow('x');
  await readApp(bad, signal);
  await readApp(shop, signal);
  await expect(readApp(shop, signal)).rejects.toThrow('x');
  await expect(readApp(shop, AbortSignal.abort())).rejects.toThrow('the end');
  const worse = 'warn an app could not be read again, so its last known state is kept {"app":"/shop","reason":"x"}';
  expect(lines).toEqual([worse, 'info apps can be read again {"app":"/bad"}', worse]);
});

test('nothing is told behind the end', async () => {
  const stop = new AbortController();
  const { readAll, readApp, told } = start([['{"id":"/a"}'], ['{"id":"/shop"}']], (apps) => {
    stop.abort(new Error('the end'));
    return Promise.resolve(apps);
  });
  await expect(readAll(stop.signal)).rejects.toThrow('the end');
  await expect(readApp(shop, stop.signal)).rejects.toThrow('the end');
  expect(told).toEqual([]);
});

test('a read that takes more than ten seconds is said while it goes on', async () => {
  const clock = makeClock();
  const { log, lines } = recordLog();
  const never = new Promise<never>(() => undefined);
  const deps = { decode, tell: () => undefined, now: () => 7, log, sleep: clock.sleep };
  void makeFullRead({ readApps: () => never, ...deps })(signal);
  void makeAppRead({ readApp: () => never, ...deps })(shop, signal);
  await clock.pass(9_000);
  expect(lines).toEqual([]);
  await clock.pass(60_000);
  expect(lines).toEqual([
    'warn Marathon has not sent all apps yet {"afterS":10}',
    'warn Marathon has not sent an app yet {"app":"/shop","afterS":10}',
  ]);
});
