import { test } from '@jest/globals';
import fc from 'fast-check';
import { anyHistory, anyWideHistory } from './any-history.ts';
import { endsWell } from './ends-well.ts';
import type { Act } from './history.ts';

/** How many histories of each kind are tried, and the number from which all of them are made: without one, the same each time. */
const RUNS = Number(process.env['HISTORY_RUNS'] ?? 50);
const SEED = Number(process.env['HISTORY_SEED'] ?? 1);
/** One history alone, by its number from 0 on, as a failure says it. */
const { HISTORY_PATH: ONLY } = process.env;

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

test.each([
  { major: 2, minor: 6 },
  { major: 3, minor: 4 },
])(
  'what a worker has loaded that comes after its reload was given up is not taken for the file that was put back ($major.$minor)',
  (release) => {
    const tasks = { isChecked: false, balance: 'roundrobin', hosts: 1 } as const;
    const acts: readonly Act[] = [
      { kind: 'want', app: 'ant', wish: { ...tasks, tasks: [1] } },
      { kind: 'calm', ms: 3_000 },
      { kind: 'trouble', trouble: { reload: 'late' } },
      { kind: 'want', app: 'cat', wish: { ...tasks, tasks: [1, 2] } },
      { kind: 'pass', ms: 700_000 },
      { kind: 'want', app: 'cat', wish: undefined },
      { kind: 'calm', ms: 0 },
    ];
    return endsWell({ spares: 0, maps: true, release, acts });
  },
);

test.each([
  { of: 'of commands, reloads and crashes', given: anyHistory },
  { of: 'with many kinds of routes and limits', given: anyWideHistory },
])(
  `any history $of ends with HAProxy holding what is wanted, and no app is ever served by another (HISTORY_SEED=${SEED})`,
  ({ given }) =>
    fc.assert(fc.asyncProperty(given, endsWell), {
      numRuns: RUNS,
      seed: SEED,
      endOnFailure: true,
      ...(ONLY !== undefined && { path: ONLY }),
    }),
  60_000 + 1_000 * RUNS,
);
