import { expect, test } from '@jest/globals';
import { watchNames } from '../../src/daemon/watch-names.ts';
import type { Reason, UnresolvedServer } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';

const server = (backend: string, host: string): UnresolvedServer => ({
  backend: backend as BackendName,
  server: 's' as ServerName,
  host,
});

/** A watch whose waits end when the test says so. */
function rig() {
  const known = new Set<string>();
  const [asked, waits, reloads, told]: [string[], number[], Reason[][], News[]] = [[], [], [], []];
  const over = new AbortController();
  let go = (): void => undefined;
  const see = watchNames({
    now: () => 1_000,
    resolves: (host) => {
      asked.push(host);
      return Promise.resolve(known.has(host));
    },
    reload: (reasons) => reloads.push([...reasons]),
    tell: (news) => told.push(news),
    sleep: (ms) => {
      waits.push(ms);
      return new Promise<void>((resolve) => (go = resolve));
    },
    signal: over.signal,
  });
  const pass = async (): Promise<void> => {
    go();
    await new Promise(setImmediate);
  };
  return { known, asked, waits, reloads, told, see, pass };
}

test('a name that resolves again: one reload for all servers of it, after waits that grow', async () => {
  const { known, asked, waits, reloads, told, see, pass } = rig();
  see([server('a', 'x.test'), server('b', 'x.test'), server('c', 'y.test')]);
  expect(told).toMatchObject([{ kind: 'unresolved', servers: [{}, {}, {}] }]);
  for (let n = 0; n < 4; n++) await pass();
  expect(asked).toEqual(Array.from({ length: 4 }, () => ['x.test', 'y.test']).flat());
  expect(waits.map((ms, i) => ms >= 1_000 * 2 ** i && ms <= 2_000 * 2 ** i)).toEqual(waits.map(() => true));
  known.add('x.test');
  await pass();
  expect(reloads).toEqual([['a', 'b'].map((subject) => ({ code: 'name-resolved', subject, detail: 'x.test' }))]);
  see([server('c', 'y.test')]);
  await pass();
  expect(reloads).toHaveLength(1);
});

test('HAProxy does not find what is found here: it is not reloaded for it again, before the name was gone here, too', async () => {
  const { known, reloads, see, pass } = rig();
  known.add('x.test');
  see([server('a', 'x.test')]);
  await pass();
  see([server('a', 'x.test')]);
  for (let n = 0; n < 3; n++) await pass();
  expect(reloads).toHaveLength(1);
  known.clear();
  await pass();
  known.add('x.test');
  await pass();
  expect(reloads).toHaveLength(2);
});

test('all have an address: nobody looks any more', async () => {
  const { asked, waits, see, pass } = rig();
  see([]);
  see([server('a', 'x.test')]);
  see([]);
  for (let n = 0; n < 3; n++) await pass();
  expect([asked, waits.length]).toEqual([[], 1]);
});
