import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeArrange } from '../../src/core/arrange-all.ts';
import type { TakenBind } from '../../src/model/quarantine.ts';
import { arrange, type Arrangement, type Claim } from '../../src/services/arrange.ts';
import { anyClaims, claim } from '../services/claims.ts';

/** Ports that nobody contests, among which the others stand. */
const CALM = Array.from({ length: 6 }, (_, n): Claim => claim(`/calm-${n}`, { port: 5000 + n, hosts: [`calm-${n}`] }));
const OWN = [{ address: '*', port: 80, what: 'the shared http frontend' }];
const HOW = [
  { takesAll: false, sharesTls: false },
  { takesAll: true, sharesTls: false },
  { takesAll: false, sharesTls: true },
];

const step = fc.record({
  claims: anyClaims,
  absent: anyClaims.map((all) => all.filter((_, n) => n < 2)),
  calm: fc.subarray(CALM),
  isTaken: fc.boolean(),
  isServed: fc.boolean(),
});

test('only what is contested is arranged, with the result of arranging everything', () => {
  const taken: readonly TakenBind[] = [{ address: '10.0.0.1', port: 2, why: 'sshd listens there' }];
  fc.assert(
    fc.property(fc.constantFrom(...HOW), fc.array(step, { minLength: 1, maxLength: 5 }), (how, steps) => {
      const arrangeAll = makeArrange({ own: OWN, ...how });
      let holders: Arrangement['holders'] = [];
      for (const one of steps) {
        const claims = [...one.claims, ...one.calm].sort((a, b) => (a.front.app < b.front.app ? -1 : 1));
        const absent = one.absent
          .filter(({ front: { app, index } }) => !claims.some(({ front }) => front.app === app && front.index === index))
          .map(({ front }) => front);
        const foreign = one.isTaken
          ? taken.map(({ address, port, why }) => ({ address, port, what: `another process: ${why}`, isForeign: true as const }))
          : [];
        const whole = arrange(claims, { own: [...OWN, ...foreign], holders, absent, ...how });
        expect(arrangeAll(claims, { holders, absent, taken: one.isTaken ? taken : [] })).toEqual(whole);
        if (one.isServed) ({ holders } = whole);
      }
    }),
  );
});
