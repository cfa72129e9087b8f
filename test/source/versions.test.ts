import { expect, test } from '@jest/globals';
import type { App, Definition, Port } from '../../src/model/snapshot.ts';
import type { Decode } from '../../src/source/read-to-news.ts';
import { makeVersions } from '../../src/source/versions.ts';
import { app, problem, task } from './apps.ts';
import { makeClock } from './clock.ts';
import { recordLog } from './server.ts';

const at = (day: number): string => `2026-01-0${day}T00:00:00.000Z`;
const port = (container: number): Port => ({ container, service: 10_000, onHost: true, tcp: true });

/** `/shop` was changed on day 5; its tasks are of these days. */
const shop = (days: readonly (number | undefined)[], id = '/shop'): App =>
  app(id, {
    definition: { changedAt: at(5), ports: [port(80)] },
    tasks: days.map((day, i) => task(`${id}.${i}`, { version: day === undefined ? undefined : at(day), hostPorts: [31_000 + i] })),
  });

/** Marathon's versions by key, `/shop 2026-…`: a definition, an error, none, or one that never comes. */
type Versions = Record<string, Partial<Definition> | Error | 'never' | 'bad' | undefined>;

function start(versions: Versions, settings: Partial<Parameters<typeof makeVersions>[0]> = {}) {
  const clock = makeClock();
  const stop = new AbortController();
  const { log, lines } = recordLog();
  const asked: string[] = [];
  const open = new Set<string>();
  let most = 0;
  const decode: Decode = (json) => {
    const { id, found } = JSON.parse(json) as { id: string; found: Partial<Definition> | 'bad' };
    return found === 'bad' ? { problem: problem(id) } : { app: app(id, { definition: found }) };
  };
  const complete = makeVersions({
    decode,
    readVersion: async ({ id, version, signal }) => {
      const key = `${id} ${version}`;
      asked.push(key);
      open.add(key);
      most = Math.max(most, open.size);
      try {
        const found = versions[key];
        await clock.sleep(found === 'never' ? 1e9 : 1, signal).catch(() => {
          throw signal.reason;
        });
        if (found instanceof Error) throw found;
        return found === undefined ? undefined : JSON.stringify({ id, found });
      } finally {
        open.delete(key);
      }
    },
    unpack: (packed, ports) => ports.map((_, i) => packed[i]),
    sleep: clock.sleep,
    log,
    ...settings,
  });
  const read = async (apps: readonly App[], { whole = true, ms = 100 } = {}): Promise<readonly App[] | undefined> => {
    let done: readonly App[] | undefined;
    void complete(apps, { whole, signal: stop.signal }).then((completed) => (done = completed));
    await clock.pass(ms);
    return done;
  };
  return { read, asked, open, most: () => most, lines, versions, stop };
}

const ofs = (apps: readonly App[] | undefined) => apps?.map(({ tasks }) => tasks.map((one) => one.of?.ports[0]?.container));

test('tasks of a version before the last change get its definition; those since then, and those without a version, do not', async () => {
  const { read, asked } = start({ [`/shop ${at(1)}`]: { ports: [port(8080)] } });
  const read1 = await read([shop([1, 5, 6, undefined])]);
  expect(ofs(read1)).toEqual([[8080, undefined, undefined, undefined]]);
  expect(asked).toEqual([`/shop ${at(1)}`]);
});

test('an app without a date of its last change, and one without old tasks, stay the same objects and cost nothing', async () => {
  const { read, asked } = start({});
  const apps = [app('/a', { tasks: [task('a', { version: at(1) })] }), shop([5])];
  const completed = await read(apps);
  expect(completed?.map((one, i) => one === apps[i])).toEqual([true, true]);
  expect(asked).toEqual([]);
});

test('what has been told by others stays', async () => {
  const { read, asked } = start({ [`/shop ${at(1)}`]: { ports: [port(8080)] } });
  const { definition } = app('/green');
  await read([app('/shop', { definition: { changedAt: at(5) }, tasks: [task('t', { version: at(1), of: definition })] })]);
  expect(asked).toEqual([]);
});

test('a version is read once, and is the same object each time', async () => {
  const { read, asked } = start({ [`/shop ${at(1)}`]: { ports: [port(8080)] } });
  const first = await read([shop([1, 1])]);
  const second = await read([shop([1])], { whole: false });
  const third = await read([shop([1])]);
  const of = first?.[0]?.tasks[0]?.of;
  expect(of).toBeDefined();
  for (const one of [first?.[0]?.tasks[1], second?.[0]?.tasks[0], third?.[0]?.tasks[0]]) expect(one?.of).toBe(of);
  expect(asked).toHaveLength(1);
});

test.each<[string, Partial<Definition>, boolean]>([
  ['labels, readiness and date', { ports: [port(80)], labels: { a: 'b' }, readiness: true, changedAt: at(1) }, false],
  ['network', { ports: [port(80)], network: 'bridge' }, true],
  ['ports', { ports: [port(80), port(81)] }, true],
  [
    'checks',
    {
      ports: [port(80)],
      checks: [
        {
          protocol: 'TCP',
          path: '/',
          at: undefined,
          gracePeriodSeconds: 1,
          intervalSeconds: 1,
          timeoutSeconds: 1,
          maxConsecutiveFailures: 1,
        },
      ],
    },
    true,
  ],
])('%s: whether another one counts', async (_, old, counts) => {
  const { read, asked } = start({ [`/shop ${at(1)}`]: old });
  const before = shop([1]);
  const completed = await read([before]);
  expect(completed?.[0]?.tasks[0]?.of !== undefined).toBe(counts);
  expect(completed?.[0] === before).toBe(!counts);
  await read([before]);
  expect(asked).toHaveLength(1); // also what does not count is kept
});

test("host ports get the indices of the task's own ports", async () => {
  const { read } = start(
    { [`/shop ${at(1)}`]: { ports: [{ ...port(1), onHost: false }, port(2)] } },
    {
      unpack: (packed, ports) => {
        let next = 0;
        return ports.map(({ onHost }) => (onHost ? packed[next++] : undefined));
      },
    },
  );
  expect((await read([shop([1])]))?.[0]?.tasks[0]?.hostPorts).toEqual([undefined, 31_000]);
});

test('what is missing, broken or unreachable is left out, told once, and tried again at the next read', async () => {
  const { read, asked, lines, versions } = start({ [`/shop ${at(2)}`]: new Error('no Marathon'), [`/shop ${at(3)}`]: 'bad' });
  for (const whole of [true, false, true])
    expect(ofs(await read([shop([1, 2, 3])], { whole }))).toEqual([[undefined, undefined, undefined]]);
  expect(asked).toHaveLength(9);
  const words = 'warn an older version of an app could not be read, so its tasks are treated as tasks of the new version';
  expect(lines).toEqual([
    `${words} {"app":"/shop","version":"${at(1)}","reason":"Marathon does not have this version any more"}`,
    `${words} {"app":"/shop","version":"${at(2)}","reason":"no Marathon"}`,
    `${words} {"app":"/shop","version":"${at(3)}","reason":"/shop can't be read"}`,
  ]);
  versions[`/shop ${at(2)}`] = { ports: [port(8080)] };
  expect(ofs(await read([shop([1, 2, 3])]))).toEqual([[undefined, 8080, undefined]]);
});

test('a full read forgets what no task has any more, the read of an app does not', async () => {
  const { read, asked } = start({ [`/shop ${at(1)}`]: { ports: [port(8080)] }, [`/cart ${at(1)}`]: { ports: [port(8080)] } });
  await read([shop([1]), shop([1], '/cart')]);
  await read([shop([1])], { whole: false });
  await read([shop([1]), shop([1], '/cart')]);
  expect(asked).toHaveLength(2);
  await read([shop([1]), shop([5], '/cart')]);
  await read([shop([1], '/cart')], { whole: false });
  expect(asked).toEqual([`/shop ${at(1)}`, `/cart ${at(1)}`, `/cart ${at(1)}`]);
});

test('four at a time, and nothing twice at a time', async () => {
  const ids = Array.from({ length: 10 }, (_, i) => `/app-${i}`);
  const old = { ports: [port(8080)] };
  const { read, asked, most } = start(Object.fromEntries(ids.map((id) => [`${id} ${at(1)}`, old])));
  const all = ids.map((id) => shop([1], id));
  const [first, second] = await Promise.all([read(all), read([shop([1], '/app-9')], { whole: false })]);
  expect([ofs(first)?.flat(), ofs(second)]).toEqual([ids.map(() => 8080), [[8080]]]);
  expect([asked.length, most()]).toEqual([10, 4]);
});

test('a read waits two seconds in all; the rest goes without, and what has not begun is not read', async () => {
  const ids = Array.from({ length: 10 }, (_, i) => `/app-${i}`);
  const versions: Versions = Object.fromEntries(ids.map((id, i) => [`${id} ${at(1)}`, i < 4 ? 'never' : { ports: [port(8080)] }]));
  const { read, asked, open, lines } = start(versions);
  const all = ids.map((id) => shop([1], id));
  expect(await start(versions).read(all, { ms: 1_999 })).toBeUndefined();
  expect(ofs(await read(all, { ms: 2_000 }))?.flat()).toEqual(ids.map(() => undefined));
  expect([asked.length, open.size]).toEqual([4, 4]);
  await read([], { whole: false, ms: 8_000 }); // the deadline of each
  expect([asked.length, open.size]).toEqual([4, 0]);
  expect(lines[0]).toContain('{"app":"/app-0","version":"2026-01-01T00:00:00.000Z","reason":"no whole answer within 10000 ms"}');
  for (const id of ids.slice(0, 4)) versions[`${id} ${at(1)}`] = { ports: [port(8080)] };
  expect(ofs(await read(all))?.flat()).toEqual(ids.map(() => 8080));
});

test('the end stops it at once, without a word', async () => {
  const { read, asked, open, lines, stop } = start({ [`/shop ${at(1)}`]: 'never' });
  expect(await read([shop([1])])).toBeUndefined();
  stop.abort(new Error('the end'));
  await read([]);
  expect([asked.length, open.size, lines]).toEqual([1, 0, []]);
  expect(ofs(await read([shop([1])]))).toEqual([[undefined]]);
  expect(asked).toHaveLength(1);
});
