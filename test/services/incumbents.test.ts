import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Front } from '../../src/model/service.ts';
import { arrange, type Arrangement } from '../../src/services/arrange.ts';
import { anyClaims, arranged, claim, type Given } from './claims.ts';

/** Who lost what; in words, a loser to two may be told of either. */
const losses = ({ problems, leftOut }: Arrangement): readonly string[] =>
  [...problems.map(({ code, owner, label }) => JSON.stringify([code, owner, label])), ...leftOut.map((one) => JSON.stringify(one))].sort();

/** What HAProxy runs when these claims were arranged before. */
const servingOf = ({ fronts }: Arrangement): readonly Front[] => fronts.filter((front) => front !== undefined);

test.each<[string, Given, Given]>([
  ['a port', {}, {}],
  ['a port, of addresses that overlap', { address: '10.0.0.1' }, { address: '*' }],
  ['a virtual host', { port: 1, hosts: ['x'] }, { port: 2, hosts: ['x'] }],
  ['a virtual host and path', { port: 1, hosts: ['x'], path: '/p' }, { port: 2, hosts: ['x'], path: '/p' }],
  ['the name of a backend', { hosts: ['x'] }, { hosts: ['y'], address: '10.0.0.1' }],
])('who has %s in the HAProxy that runs keeps it, against an older definition and a lower id', (what, holder, newcomer) => {
  const [first, second] = what.startsWith('the name') ? ['/a/b', '/a_b'] : ['/a', '/b'];
  const [older, younger] = [claim(first, { ...newcomer, changedAt: '2016' }), claim(second, { ...holder, changedAt: '2017' })];
  const serving = [younger.front];
  for (const claims of [
    [older, younger],
    [younger, older],
  ]) {
    const arrangement = arrange(claims, { own: [], serving });
    expect(arrangement.fronts[claims.indexOf(younger)]).toBe(younger.front);
    expect(arrangement.fronts[claims.indexOf(older)]).not.toBe(older.front);
    expect(arrange(claims, { own: [], serving: servingOf(arrangement) })).toEqual(arrangement);
    expect(arranged(claims).fronts[claims.indexOf(older)]).toBe(older.front);
  }
});

test('who holds a port without servers loses it to one that has some, and does not get it back by having some again', () => {
  const [idle, busy] = [claim('/a', { serves: false, hosts: ['x'] }), claim('/b', { port: 10000, hosts: ['x'] })];
  const lost = arrange([idle, busy], { own: [], serving: [idle.front] });
  expect(lost.fronts).toEqual([{ ...idle.front, bind: undefined, routes: [], claimed: idle.front }, busy.front]);
  const back = claim('/a', { hosts: ['x'] });
  const again = arrange([back, busy], { own: [], serving: servingOf(lost) });
  expect(again.fronts).toEqual(lost.fronts);
  expect(arrange([back, busy], { own: [], serving: servingOf(again) })).toEqual(again);
});

test('among those without servers, too, who holds it keeps it', () => {
  const claims = [claim('/a', { serves: false }), claim('/b', { serves: false })];
  const { fronts } = arrange(claims, { own: [], serving: [claim('/b').front] });
  expect(fronts.map((front) => front?.bind?.port)).toEqual([undefined, 10000]);
});

test('who served a port and lost its bind there holds nothing; nor does another port of the app, or another app of the past', () => {
  const claims = [claim('/a'), claim('/b')];
  const past: readonly Front[] = [
    { ...claim('/b').front, bind: undefined },
    claim('/b', { index: 1 }).front,
    claim('/b', { port: 10001 }).front,
    claim('/z').front,
  ];
  for (const front of past) expect(arrange(claims, { own: [], serving: [front] })).toEqual(arranged(claims));
});

test("the load balancer's own port is nobody's, whoever had it before", () => {
  const own = [{ address: '*', port: 80, what: 'ours' }];
  const claims = [claim('/a', { port: 80 })];
  expect(arrange(claims, { own, serving: [claim('/a', { port: 80 }).front] }).fronts[0]?.bind).toBeUndefined();
});

test('whatever HAProxy serves: what is arranged stays as it is when HAProxy serves that, and what nobody contests is not looked at', () => {
  const own = [{ address: '*', port: 80, what: 'ours' }];
  fc.assert(
    fc.property(anyClaims, anyClaims, (claims, before) => {
      const serving = servingOf(arrange(before, { own, serving: [] }));
      const first = arrange(claims, { own, serving });
      const again = arrange(claims, { own, serving: servingOf(first) });
      expect(again.fronts).toEqual(first.fronts);
      expect(losses(again)).toEqual(losses(first));
      expect(arrange(claims, { own, serving: [...serving].reverse() })).toEqual(first);
      const fresh = arrange(claims, { own, serving: [] });
      expect(fresh.problems.length === 0).toBe(first.problems.length === 0);
      if (fresh.problems.length === 0) expect(first).toEqual(fresh);
    }),
    { numRuns: 500 },
  );
});
