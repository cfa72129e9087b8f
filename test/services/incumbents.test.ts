import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrange, type Arrangement, type Claim } from '../../src/services/arrange.ts';
import { makeHolder } from '../../src/services/holders.ts';
import { anyClaims, arranged, claim, type Given } from './claims.ts';
import { appId } from './make.ts';

/** Who lost what; in words, a loser to two may be told of either. */
const losses = ({ problems, leftOut }: Arrangement): readonly string[] =>
  [...problems.map(({ code, owner, label }) => JSON.stringify([code, owner, label])), ...leftOut.map((one) => JSON.stringify(one))].sort();

const bound = ({ fronts }: Arrangement): readonly string[] => fronts.flatMap((front) => (front?.bind === undefined ? [] : [front.app]));

interface Group {
  readonly app: string;
  readonly author?: string;
}

/** A claim to the virtual host x by an app that may be in a deployment group. */
function inGroup({ app, author }: Group, port: number): Claim {
  const { front, serves } = claim(app, { port, hosts: ['x'] });
  return { front: { ...front, ...(author !== undefined && { author: appId(author) }) }, serves };
}

test.each<[string, Given, Given]>([
  ['a port', {}, {}],
  ['a port, of addresses that overlap', { address: '10.0.0.1' }, { address: '*' }],
  ['a virtual host', { port: 1, hosts: ['x'] }, { port: 2, hosts: ['x'] }],
  ['a virtual host and path', { port: 1, hosts: ['x'], path: '/p' }, { port: 2, hosts: ['x'], path: '/p' }],
  ['the name of a backend', { hosts: ['x'] }, { hosts: ['y'], address: '10.0.0.1' }],
])('who has %s keeps it, against an older definition and a lower id', (what, holder, newcomer) => {
  const [first, second] = what.startsWith('the name') ? ['/a/b', '/a_b'] : ['/a', '/b'];
  const [older, younger] = [claim(first, { ...newcomer, changedAt: '2016' }), claim(second, { ...holder, changedAt: '2017' })];
  const holders = [makeHolder(younger.front)];
  for (const claims of [
    [older, younger],
    [younger, older],
  ]) {
    const arrangement = arrange(claims, { own: [], holders });
    expect(arrangement.fronts[claims.indexOf(younger)]).toBe(younger.front);
    expect(arrangement.fronts[claims.indexOf(older)]).not.toBe(older.front);
    expect(arrange(claims, { own: [], holders: arrangement.holders })).toEqual(arrangement);
    expect(arranged(claims).fronts[claims.indexOf(older)]).toBe(older.front);
  }
});

test('who holds a port and a host keeps both without servers, against one that has some', () => {
  const [idle, busy] = [claim('/a', { serves: false, hosts: ['x'], changedAt: '2017' }), claim('/b', { hosts: ['x'], changedAt: '2016' })];
  const first = arrange([claim('/a', { hosts: ['x'], changedAt: '2017' })], { own: [], holders: [] });
  const kept = arrange([idle, busy], { own: [], holders: first.holders });
  expect(kept.fronts).toEqual([idle.front, { ...busy.front, bind: undefined, routes: [], claimed: busy.front }]);
  expect(kept.problems.map(({ message }) => message)).toEqual([
    'service port 10000 belongs to port 0 of /a, so this port is not bound; its virtual hosts are served',
    'the virtual host x belongs to port 0 of /a, so the host does not lead here',
  ]);
  expect(arrange([idle, busy], { own: [], holders: kept.holders })).toEqual(kept);
});

test('a port that is not rendered keeps what it held, and claims nothing else', () => {
  const { front } = claim('/a', { hosts: ['x', 'y'] });
  const { holders } = arrange([claim('/a', { hosts: ['x'] })], { own: [], holders: [] });
  const stranger = claim('/b', { hosts: ['x', 'y'] });
  const kept = arrange([stranger], { own: [], holders, absent: [front] });
  expect(kept.fronts).toMatchObject([{ bind: undefined, routes: [{ host: 'y' }] }]);
  expect(kept.problems.map(({ message }) => message)).toEqual([
    'service port 10000 belongs to port 0 of /a, which does not serve now but keeps what it had while it claims it, so this port is not bound; its virtual hosts are served',
    'the virtual host x belongs to port 0 of /a, which does not serve now but keeps what it had while it claims it, so the host does not lead here',
  ]);
  expect(kept.holders).toMatchObject([
    { app: '/b', holds: ['name b_10000', 'route y 0 '] },
    { app: '/a', holds: ['name a_10000', 'bind *:10000', 'route x 0 '] },
  ]);
  expect(arrange([stranger], { own: [], holders: [], absent: [front] })).toMatchObject({ fronts: [stranger.front], problems: [] });
  const gone = arrange([stranger], { own: [], holders: kept.holders });
  expect(gone.fronts).toEqual([stranger.front]);
  const back = arrange([stranger, { front, serves: true }], { own: [], holders: kept.holders });
  expect(back.fronts).toMatchObject([
    { bind: undefined, routes: [{ host: 'y' }] },
    { bind: { port: 10000 }, routes: [{ host: 'x' }] },
  ]);
});

test('where nobody holds it, the one with servers gets it, and keeps it when the older one has some', () => {
  const [idle, busy] = [claim('/a', { serves: false, changedAt: '2016' }), claim('/b', { changedAt: '2017' })];
  const first = arrange([idle, busy], { own: [], holders: [] });
  expect(bound(first)).toEqual(['/b']);
  expect(bound(arrange([claim('/a', { changedAt: '2016' }), busy], { own: [], holders: first.holders }))).toEqual(['/b']);
});

test('among those without servers, too, who holds it keeps it', () => {
  const claims = [claim('/a', { serves: false }), claim('/b', { serves: false })];
  expect(bound(arrange(claims, { own: [], holders: [makeHolder(claim('/b').front)] }))).toEqual(['/b']);
});

test('an app keeps what it holds when it is claimed by another of its ports; of two of its ports the one that holds it has it', () => {
  const [other, stranger] = [claim('/b', { index: 1, port: 10001, address: null, hosts: ['x'] }), claim('/a', { hosts: ['x'] })];
  const holders = [makeHolder(claim('/b', { hosts: ['x'] }).front)];
  expect(arrange([stranger, other], { own: [], holders }).fronts[1]).toBe(other.front);
  const same = claim('/b', { port: 10002, address: null, hosts: ['x'] });
  const { fronts } = arrange(
    [stranger, { ...other, front: { ...other.front, index: 0 } }, { ...same, front: { ...same.front, index: 1 } }],
    {
      own: [],
      holders: [makeHolder({ ...same.front, index: 1 })],
    },
  );
  expect(fronts.map((front) => front?.routes.length)).toEqual([0, 0, 1]);
});

test.each<[string, Group, boolean]>([
  ['the other app of the group, of one folder', { app: '/shop', author: '/a/green' }, true],
  ['the other app of the group, of another folder', { app: '/shop', author: '/b/green' }, true],
  ['the same app under another name of the group', { app: '/a/shop', author: '/a/blue' }, true],
  ['the same app without the group', { app: '/a/blue' }, true],
  ['an app of another group', { app: '/other', author: '/a/green' }, false],
  ['an app with the id of the group', { app: '/shop' }, false],
])('a deployment group holds the virtual host, and %s claims it', (_, given, keeps) => {
  const holders = [makeHolder(inGroup({ app: '/shop', author: '/a/blue' }, 1).front)];
  const { fronts } = arrange([claim('/0', { hosts: ['x'] }), inGroup(given, 2)], { own: [], holders });
  expect(fronts.map((front) => front?.routes.length)).toEqual(keeps ? [0, 1] : [1, 0]);
});

test('an app that gives its deployment group the name of one that holds a virtual host does not get it while an app of that one claims it', () => {
  const holders = [makeHolder(inGroup({ app: '/shop', author: '/team/blue' }, 1).front)];
  const [evil, blue, green] = [
    inGroup({ app: '/shop', author: '/evil/one' }, 2),
    inGroup({ app: '/team/blue' }, 3),
    inGroup({ app: '/shop', author: '/team/green' }, 4),
  ];
  for (const right of [blue, green]) {
    const { fronts } = arrange([evil, right], { own: [], holders });
    expect(fronts.map((front) => front?.routes.length)).toEqual([0, 1]);
  }
});

test('a port that a different process has taken for a while goes back to the app that held it', () => {
  const claims = [claim('/a'), claim('/b')];
  const foreign = { address: '*', port: 10000, what: 'another process', isForeign: true } as const;
  const taken = arrange(claims, { own: [foreign], holders: [makeHolder(claim('/b').front)] });
  expect([bound(taken), taken.problems.length]).toEqual([[], 2]);
  expect(bound(arrange(claims, { own: [], holders: taken.holders }))).toEqual(['/b']);
});

test('holding one address of a port is not holding its other addresses; holding the wildcard address is holding each', () => {
  const [one, all] = [claim('/b', { address: '10.0.0.1' }), claim('/b', { address: '*' })];
  const stranger = claim('/a', { address: '*' });
  expect(bound(arrange([stranger, all], { own: [], holders: [makeHolder(one.front)] }))).toEqual(['/a']);
  expect(bound(arrange([stranger, one], { own: [], holders: [makeHolder(all.front)] }))).toEqual(['/b']);
});

test('neither the loser of a bind nor an app that is gone holds it', () => {
  const claims = [claim('/a'), claim('/b')];
  const past = [claim('/b', { address: null }).front, claim('/b', { port: 10001 }).front, claim('/z').front];
  for (const front of past) expect(arrange(claims, { own: [], holders: [makeHolder(front)] }).fronts).toEqual(arranged(claims).fronts);
});

test("the load balancer's own port is nobody's, whoever had it before", () => {
  const own = [{ address: '*', port: 80, what: 'ours' }];
  const claims = [claim('/a', { port: 80 })];
  expect(arrange(claims, { own, holders: [makeHolder(claim('/a', { port: 80 }).front)] }).fronts[0]?.bind).toBeUndefined();
});

test('whoever holds what: what is arranged stays as it is when HAProxy runs that, and what nobody contests is not looked at', () => {
  const own = [{ address: '*', port: 80, what: 'ours' }];
  fc.assert(
    fc.property(anyClaims, anyClaims, (claims, before) => {
      const { holders } = arrange(before, { own, holders: [] });
      const first = arrange(claims, { own, holders });
      const again = arrange(claims, { own, holders: first.holders });
      expect(again.fronts).toEqual(first.fronts);
      expect(losses(again)).toEqual(losses(first));
      expect(arrange(claims, { own, holders: [...holders].reverse() })).toEqual(first);
      const fresh = arrange(claims, { own, holders: [] });
      expect(fresh.problems.length === 0).toBe(first.problems.length === 0);
      if (fresh.problems.length === 0) expect(first).toEqual(fresh);
    }),
    { numRuns: 500 },
  );
});
