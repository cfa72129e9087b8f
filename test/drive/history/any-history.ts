import fc from 'fast-check';
import { APPS, type Way } from './estate.ts';
import type { Act, Event, HistorySettings, Trouble } from './history.ts';

/** A history: the machine, and what happens on it. */
export type Given = HistorySettings & { readonly acts: readonly Act[] };

const plain = {
  tasks: fc.subarray([1, 2, 3, 4]),
  isChecked: fc.constantFrom(false, false, true),
  balance: fc.constantFrom('roundrobin', 'roundrobin', 'roundrobin', 'leastconn'),
  hosts: fc.constantFrom(1, 1, 2),
} as const;

const wide = {
  ...plain,
  way: fc.constantFrom<Way>('hosts', 'hosts', 'path', 'table', 'split', 'split', 'redirect', 'passthrough', 'bound'),
  weight: fc.constantFrom(undefined, 10, 50),
  rate: fc.constantFrom(undefined, undefined, 5, 7),
  maxPerServer: fc.constantFrom(undefined, undefined, 20, 30),
  draining: fc.constantFrom([], [], [1], [2, 3]),
  isGuest: fc.constantFrom(false, false, true),
} as const;

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ cutAfter: fc.nat({ max: 5 }) }),
  fc.record({ stopAfter: fc.nat({ max: 5 }) }),
  fc.record({ reload: fc.constantFrom('refused', 'ends', 'unconfirmed', 'late') }),
);

const EVENTS = ['checks pass', 'look', 'a check refuses', 'HAProxy is killed', 'the daemon is killed', 'a reload by hand'] as const;

function is<Kind extends string>(kind: Kind): fc.Arbitrary<Kind> {
  return fc.constant(kind);
}

function actsOf(wish: Parameters<typeof fc.record>[0], events: readonly Event[]): fc.Arbitrary<readonly Act[]> {
  const app = fc.constantFrom(...APPS);
  const act = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: is('want'), app, wish: fc.option(fc.record(wish), { freq: 4, nil: undefined }) }) },
    { weight: 8, arbitrary: fc.record({ kind: is('turns'), which: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 12 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: is('pass'), ms: fc.constantFrom(50, 250, 250, 1_000, 5_000, 700_000) }) },
    { weight: 4, arbitrary: fc.record({ kind: is('calm'), ms: fc.constantFrom(0, 250, 500, 3_000) }) },
    { weight: 4, arbitrary: fc.record({ kind: is('trouble'), trouble }) },
    { weight: 6, arbitrary: fc.constantFrom(...events).map((kind) => ({ kind })) },
  ) as fc.Arbitrary<Act>;
  return fc.array(act, { minLength: 1, maxLength: 40, size: 'max' });
}

const releases = [
  { major: 2, minor: 6 },
  { major: 3, minor: 0 },
  { major: 3, minor: 4 },
] as const;

/** Apps that differ in their tasks, hosts and class. */
export const anyHistory: fc.Arbitrary<Given> = fc.record({
  spares: fc.constantFrom(0, 2),
  maps: fc.boolean(),
  release: fc.constantFrom(...releases),
  acts: actsOf(plain, EVENTS),
});

/** Apps that also differ in how clients find them and in their limits; somebody else reloads HAProxy, too. */
export const anyWideHistory: fc.Arbitrary<Given> = fc.record({
  spares: fc.constantFrom(0, 2),
  maps: fc.boolean(),
  release: fc.constantFrom(...releases, { major: 3, minor: 2 }),
  acts: actsOf(wide, [...EVENTS, 'a reload by somebody else']),
});
