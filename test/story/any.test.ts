import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { News } from '../../src/model/news.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { type Derive, EMPTY, filesOf, makeDeriver } from '../golden/cases.ts';
import { nginx, read, Story, task, type Json } from './cluster.ts';

jest.setTimeout(60_000);

const LABELS: readonly (readonly [string, string])[] = [
  ['HAPROXY_GROUP', 'external'],
  ['HAPROXY_0_VHOST', 'a.acme.org,b.acme.org'],
  ['HAPROXY_0_VHOST', 'A.acme.org'],
  ['HAPROXY_1_VHOST', 'c.acme.org'],
  ['HAPROXY_0_PATH', '/api'],
  ['HAPROXY_0_BACKEND_WEIGHT', '-1'],
  ['HAPROXY_0_PORT', '10001'],
  ['HAPROXY_0_MODE', 'tcp'],
  ['HAPROXY_0_AUTH', 'Staff:alice:x'],
  ['HAPROXY_0_AUTH', 'broken'],
  ['HAPROXY_0_REDIRECT_TO_HTTPS', 'true'],
  ['HAPROXY_0_STICKY', 'true'],
  ['HAPROXY_1_BIND_ADDR', '10.0.0.1'],
  ['HAPROXY_0_VHSOT', 'x'],
  ['HAPROXY_7_VHOST', 'x'],
  ['HAPROXY_0_BACKEND_HTTP_OPTIONS', '  option forwardfor\r\n'],
  ['HAPROXY_0_BACKEND_HTTP_OPTIONS', '{nothing}\nbackend x\n'],
];

/** Tasks of a few ids, so that they come, go and change from read to read. */
const tasks = fc.uniqueArray(
  fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    state: fc.constantFrom('TASK_RUNNING', 'TASK_RUNNING', 'TASK_KILLED'),
    health: fc.constantFrom('alive' as const, 'dead' as const),
    host: fc.constantFrom('172.24.197.101', '172.24.197.102'),
  }),
  { maxLength: 5, selector: ({ n }) => n },
);

const app = fc
  .record({
    id: fc.constantFrom('/nginx', '/a', '/a/b', '/a_b', '/z'),
    tasks,
    labels: fc.subarray([...LABELS]),
    checked: fc.boolean(),
    instances: fc.nat(2),
    ports: fc.subarray([{ containerPort: 80, servicePort: 10000 }, { containerPort: 81, servicePort: 10001 }, { containerPort: 82 }]),
  })
  .map(({ id, tasks: running, labels, checked, instances, ports }): Json & { readonly id: string } => ({
    ...nginx(
      running.map(({ n, ...rest }) => task(n, rest)),
      {
        instances,
        labels: Object.fromEntries(labels),
        healthChecks: checked ? [{ protocol: 'HTTP', portIndex: 0 }] : [],
        container: { portMappings: ports },
      },
    ),
    id,
  }));

const apps = fc.uniqueArray(app, { maxLength: 5, selector: ({ id }) => id });

const news: fc.Arbitrary<News> = fc.oneof(
  { weight: 6, arbitrary: apps.map((all) => read(...all)) },
  fc.constant<News>({ kind: 'accepted', at: 0 }),
  fc.constantFrom<News>(
    { kind: 'release', at: 0, release: { major: 3, minor: 3 } },
    { kind: 'release', at: 0, release: { major: 2, minor: 6 } },
  ),
  fc.constant<News>({
    kind: 'refused',
    at: 0,
    problems: [{ code: 'refused-by-haproxy', owner: { by: 'operator' }, message: 'no', hint: 'mend it' }],
    quarantined: [],
  }),
);

const derivers = [makeDeriver(), makeDeriver({ haproxyMap: false, group: ['*'] })] as const;
const [fresh] = derivers;

/** What a daemon that starts now would write. */
const bytesOf = (derive: Derive, state: State): ReadonlyMap<string, string> | undefined => {
  const view = derive(state);
  return view && filesOf(view);
};

/** All in another order: apps, tasks, keys, labels. Lists whose order has a meaning stay. */
function shuffled(value: unknown, random: () => number, key = ''): unknown {
  const mixed = <Part>(list: readonly Part[]): Part[] =>
    list
      .map((part) => ({ part, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ part }) => part);
  if (Array.isArray(value)) {
    const parts = value.map((part: unknown) => shuffled(part, random));
    return ['apps', 'tasks', 'healthCheckResults'].includes(key) ? mixed(parts) : parts;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(mixed(Object.entries(value)).map(([name, part]) => [name, shuffled(part, random, name)]));
}

test('apps, tasks, keys and labels in any order give the same bytes', () => {
  fc.assert(
    fc.property(apps, fc.infiniteStream(fc.nat()), (all, stream) => {
      const mixed = shuffled({ apps: all }, () => Number(stream.next().value)) as { readonly apps: readonly Json[] };
      for (const derive of derivers) {
        const [one, other] = [all, mixed.apps].map((list) => bytesOf(derive, absorb(EMPTY, read(...list))));
        expect(other).toEqual(one);
      }
    }),
    { numRuns: 150 },
  );
});

test('any history ends in the bytes of a fresh start: with the state it ends in, and with the last read alone', () => {
  const property = fc.property(fc.array(news, { minLength: 1, maxLength: 8 }), (history) => {
    const [kept, start] = [makeDeriver(), makeDeriver()];
    let state = EMPTY;
    for (const one of history) {
      state = absorb(state, one);
      kept(state);
    }
    expect(bytesOf(kept, state)).toEqual(bytesOf(start, state));
    expect(bytesOf(fresh, state)).toEqual(bytesOf(start, state));
    const last = history.findLast((one) => one.kind === 'apps');
    if (last === undefined) return;
    const { release, refused } = state;
    expect(bytesOf(start, absorb({ ...EMPTY, release, refused }, last))).toEqual(bytesOf(kept, state));
  });
  fc.assert(property, { numRuns: 60 });
});

test('what does not change is the same object: a view twice, and each part of it', () => {
  const story = Story.begin();
  fc.assert(
    fc.property(apps, (all) => {
      const first = story.tell(read(...all));
      const again = story.tell(read(...[...all].reverse()));
      expect(again.snapshot).toBe(first.snapshot);
      expect(again.services.every((service, i) => service === first.services[i])).toBe(true);
      expect(again.document.front.every((section, i) => section === first.document.front[i])).toBe(true);
      expect(again.document.backends.every((section, i) => section === first.document.backends[i])).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('every port of every app serves or is left out, and every conflict leaves one winner', () => {
  fc.assert(
    fc.property(apps, (all) => {
      const view = fresh(absorb(EMPTY, read(...all)));
      if (view === undefined) throw new Error('no view');
      for (const { id, definition } of view.snapshot.apps) {
        for (const index of definition.ports.keys()) {
          const served = view.services.some(({ front }) => front.app === id && front.index === index);
          const left = view.leftOut.some((one) => one.app === id && one.index === index && one.task === undefined);
          expect(served || left).toBe(true);
        }
      }
      const binds = view.services.flatMap(({ front: { bind } }) => (bind === undefined ? [] : [`${bind.address}:${bind.port}`]));
      expect(new Set(binds).size).toBe(binds.length);
      const names = view.document.backends.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }),
    { numRuns: 100 },
  );
});
