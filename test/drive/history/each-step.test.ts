import { test } from '@jest/globals';
import { endsWell } from './ends-well.ts';
import type { Act } from './history.ts';

/** Every so many steps something is killed; 1 for each step. */
const STRIDE = Number(process.env['HISTORY_STRIDE'] ?? 30);
/** So many steps are tried, which is more than any of these works takes. */
const STEPS = 45;

const wish = { tasks: [1], isChecked: false, balance: 'roundrobin', hosts: 1 } as const;

const begun: readonly Act[] = [
  { kind: 'want', app: 'ant', wish },
  { kind: 'calm', ms: 3_000 },
];
const come: readonly Act[] = [
  { kind: 'want', app: 'cat', wish: { ...wish, tasks: [1, 2] } },
  { kind: 'want', app: 'eel', wish },
  { kind: 'calm', ms: 3_000 },
];

const WORKS: readonly { readonly what: string; readonly acts: readonly Act[] }[] = [
  { what: 'new apps get backends of their own', acts: [...begun, ...come, { kind: 'pass', ms: 700_000 }] },
  { what: 'a reload is read back', acts: [...begun, ...come, { kind: 'a reload by hand' }, { kind: 'pass', ms: 250 }] },
  { what: 'a map is replaced as a whole', acts: [...begun, { kind: 'want', app: 'ant', wish: { ...wish, more: 60 } }] },
  {
    what: 'apps go',
    acts: [...begun, ...come, { kind: 'want', app: 'cat', wish: undefined }, { kind: 'want', app: 'eel', wish: undefined }],
  },
  { what: 'the servers of apps that went are deleted', acts: [...begun, ...come, { kind: 'want', app: 'cat', wish: undefined }, { kind: 'calm', ms: 500 }, { kind: 'pass', ms: 5_000 }] }, // prettier-ignore
];

const KILLS: readonly (readonly Act[])[] = [
  [{ kind: 'the daemon is killed' }],
  [{ kind: 'HAProxy is killed' }],
  [{ kind: 'a reload by somebody else' }],
  [{ kind: 'HAProxy is killed' }, { kind: 'the daemon is killed' }],
  [{ kind: 'a reload by somebody else' }, { kind: 'turns', which: [0, 0, 0] }, { kind: 'the daemon is killed' }],
];

const RELEASES = [
  { major: 2, minor: 6 },
  { major: 3, minor: 0 },
  { major: 3, minor: 4 },
] as const;

test.each(WORKS)(
  'a kill or a reload by somebody else at any step while $what',
  async ({ acts }) => {
    let offset = 0; // so that different steps are tried with each release and kill
    for (const release of RELEASES)
      for (const kill of KILLS) {
        for (let steps = offset; steps < STEPS; steps += STRIDE) {
          const turns: Act = { kind: 'turns', which: new Array<number>(steps).fill(0) };
          await endsWell({ spares: 2, maps: true, release, acts: [...acts, turns, ...kill] });
        }
        offset = (offset + 7) % STRIDE;
      }
  },
  600_000,
);
