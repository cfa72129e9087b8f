import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { APPS } from './estate.ts';
import { textsOf } from './fake-disk.ts';
import { FakeWorker, type Texts } from './fake-worker.ts';
import { History, type Act, type Event, type HistorySettings, type Trouble } from './history.ts';

/** How many histories are tried, and the number from which all of them are made: without one, the same each time. */
const RUNS = Number(process.env['HISTORY_RUNS'] ?? 100);
const SEED = Number(process.env['HISTORY_SEED'] ?? 1);
/** One history alone, by its number from 0 on, as a failure says it. */
const { HISTORY_PATH: ONLY } = process.env;

const wish = fc.record({
  tasks: fc.subarray([1, 2, 3, 4]),
  isChecked: fc.constantFrom(false, false, true),
  balance: fc.constantFrom('roundrobin', 'roundrobin', 'roundrobin', 'leastconn'),
  hosts: fc.constantFrom(1, 1, 2),
});

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ cutAfter: fc.nat({ max: 5 }) }),
  fc.record({ stopAfter: fc.nat({ max: 5 }) }),
  fc.record({ reload: fc.constantFrom('refused', 'ends', 'unconfirmed', 'late') }),
);

const event = fc.constantFrom<Event>(
  ...(['checks pass', 'look', 'a check refuses', 'HAProxy is killed', 'the daemon is killed', 'a reload by hand'] as const),
);

const is = <Kind extends string>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: is('want'), app: fc.constantFrom(...APPS), wish: fc.option(wish, { freq: 4, nil: undefined }) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: is('turns'), which: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 12 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: is('pass'), ms: fc.constantFrom(50, 250, 250, 1_000, 5_000, 700_000) }) },
  { weight: 4, arbitrary: fc.record({ kind: is('calm'), ms: fc.constantFrom(0, 250, 500, 3_000) }) },
  { weight: 4, arbitrary: fc.record({ kind: is('trouble'), trouble }) },
  { weight: 6, arbitrary: event.map((kind) => ({ kind })) },
);

const given = fc.record({
  spares: fc.constantFrom(0, 2),
  maps: fc.boolean(),
  release: fc.constantFrom({ major: 2, minor: 6 }, { major: 3, minor: 0 }, { major: 3, minor: 4 }),
  acts: fc.array(act, { minLength: 1, maxLength: 40, size: 'max' }),
});

test('a reload by hand at the moment when what spare backends serve is to move does not keep it from moving', () => {
  const plain = { tasks: [1], isChecked: false, balance: 'roundrobin', hosts: 1 } as const;
  const acts: readonly Act[] = [
    { kind: 'want', app: 'ant', wish: plain },
    { kind: 'calm', ms: 3_000 },
    { kind: 'want', app: 'eel', wish: plain },
    { kind: 'calm', ms: 3_000 },
    { kind: 'a reload by hand' },
    { kind: 'pass', ms: 700_000 }, // it is to move while the lane is busy with the reload
    { kind: 'a reload by hand' },
  ];
  return endsWell({ spares: 2, maps: false, release: { major: 3, minor: 0 }, acts });
});

test(
  `any history of commands, reloads and crashes ends with HAProxy holding what is wanted, and no app is ever served by another (HISTORY_SEED=${SEED})`,
  () =>
    fc.assert(fc.asyncProperty(given, endsWell), {
      numRuns: RUNS,
      seed: SEED,
      endOnFailure: true,
      ...(ONLY !== undefined && { path: ONLY }),
    }),
  60_000 + 1_000 * RUNS,
);

async function endsWell({ acts, ...settings }: HistorySettings & { readonly acts: readonly Act[] }): Promise<void> {
  const history = new History(settings);
  try {
    for (const one of acts) await history.act(one);
    await history.rest();
    const { daemon, haproxy, disk } = history;
    if (haproxy.serving === undefined || daemon.wanted === undefined) throw new Error('HAProxy does not run');
    const loaded = read(textsOf(daemon.wanted), settings);
    const { changed, servers, unpublished } = haproxy.serving;
    expect(shownOf(haproxy.serving, changed)).toEqual(shownOf(loaded, changed));
    expect(shownOf(read(disk.files, settings))).toEqual(shownOf(loaded));
    expect([...servers.keys()].filter((name) => !loaded.servers.has(name) && !haproxy.serving?.config.includes(`backend ${name}`))).toEqual(
      [],
    );
    expect([...loaded.servers.keys()].filter((name) => !servers.has(name) || unpublished.has(name))).toEqual([]);
    expect(daemon.drive.outcome()).toMatchObject({ ok: true });
  } catch (error) {
    throw new Error(`${String(error)}\n\nWhat happened:\n${history.told.join('\n')}`, { cause: error });
  }
}

function read(texts: Texts, { release }: HistorySettings): FakeWorker {
  return new FakeWorker(texts, { pid: 1, release });
}

/** What a worker has, without the lines of backends that commands made or deleted, without what is only ready for new apps, and without servers that only wait to be deleted. */
function shownOf({ config, servers, maps }: FakeWorker, changed: ReadonlySet<string> = new Set()): unknown {
  const isReady = (section: string): boolean => /^(?:backend marathon_lb_spare_|defaults marathon_lb_class_)/.test(section);
  const isChanged = (section: string): boolean => changed.has(/^backend (\S+)/.exec(section)?.[1] ?? '');
  const sections = config.split(/\n(?=\w)/).filter((section) => !isReady(section) && !isChanged(section));
  const lines = sections.flatMap((section) => section.split('\n')).filter((line) => !line.startsWith('  server ') && line !== '');
  const shown = [...servers].flatMap(([backend, its]) =>
    [...its].flatMap(([name, { address, admin, weight, isChecked }]) =>
      admin === 'maint' ? [] : [[`${backend}/${name}`, { address, admin, weight, isChecked }] as const],
    ),
  );
  const rows = Array.from(maps, ([path, map]) => [path, Object.fromEntries(map)] as const);
  return { lines, servers: Object.fromEntries(shown), maps: Object.fromEntries(rows) };
}
