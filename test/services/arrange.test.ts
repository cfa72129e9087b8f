import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Claim, OwnBind } from '../../src/services/arrange.ts';
import { anyClaims, arranged, claim, type Given } from './claims.ts';

/** Who has which address and which hosts. */
function won(claims: readonly Claim[], own: readonly OwnBind[] = []) {
  return arranged(claims, own).fronts.map((front) => front && [front.bind?.address, ...front.routes.map(({ host }) => host)].join(' '));
}

test('a port that nobody contests gets everything, as the same front object', () => {
  const claims = [claim('/a', { port: 1, hosts: ['a'] }), claim('/b', { port: 2, hosts: ['b'] }), claim('/c', { port: 3, address: null })];
  const { fronts, leftOut, problems } = arranged(claims, [{ address: '*', port: 80, what: 'the http frontend' }]);
  expect(fronts.map((front, i) => front === claims[i]?.front)).toEqual([true, true, true]);
  expect([leftOut, problems]).toEqual([[], []]);
});

test.each<[string, Claim, Claim, 0 | 1]>([
  ['the one with servers', claim('/a', { serves: false }), claim('/b'), 1],
  ['the one with servers, though it is younger', claim('/a', { serves: false, changedAt: '2016' }), claim('/b', { changedAt: '2017' }), 1],
  ['the older definition', claim('/a', { changedAt: '2017' }), claim('/b', { changedAt: '2016' }), 1],
  ['one without a date, which is the oldest', claim('/a', { changedAt: '2017' }), claim('/b'), 1],
  ['the lower app id', claim('/a'), claim('/b'), 0],
  ['the lower app id of two without servers', claim('/a', { serves: false }), claim('/b', { serves: false }), 0],
])('one port, two claims: %s wins', (_, first, second, winner) => {
  for (const claims of [
    [first, second],
    [second, first],
  ]) {
    const { fronts, leftOut, problems } = arranged(claims);
    const [ofFirst, ofSecond] = [first, second].map((one) => fronts[claims.indexOf(one)]);
    const [better, worse] = winner === 0 ? [ofFirst, ofSecond] : [ofSecond, ofFirst];
    expect(better).toBe([first, second][winner]?.front);
    const claimed = [first, second][1 - winner]?.front;
    expect(worse).toEqual({ ...claimed, bind: undefined, claimed });
    expect(leftOut).toEqual([{ app: worse?.app, index: 0, why: 'port-conflict' }]);
    expect(problems).toMatchObject([{ code: 'port-conflict', owner: { by: 'app', app: worse?.app, index: 0 } }]);
    expect(problems[0]?.message).toContain(`service port 10000 belongs to port 0 of ${String(better?.app)}`);
  }
});

test.each([
  ['*', '*', true],
  ['*', '10.0.0.1', true],
  ['10.0.0.1', '0.0.0.0', true],
  ['[::]', '10.0.0.1', true],
  ['[fd00::1]', '*', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['[fd00::1]', '10.0.0.1', false],
])('%s and %s on one port', (first, second, overlap) => {
  expect(won([claim('/a', { address: first }), claim('/b', { address: second })])).toEqual([first, overlap ? '' : second]);
  expect(won([claim('/b', { address: first }), claim('/a', { address: second })])).toEqual([overlap ? '' : first, second]);
});

test('the loser of a contest holds nothing against a third port', () => {
  const claims = [claim('/a', { address: '10.0.0.1' }), claim('/b', { address: '*' }), claim('/c', { address: '10.0.0.2' })];
  expect(won(claims)).toEqual(['10.0.0.1', '', '10.0.0.2']);
});

test("no app gets the load balancer's own ports", () => {
  const own = [{ address: '10.0.0.1', port: 80, what: 'the shared http frontend' }];
  const claims = [claim('/a', { port: 80 }), claim('/b', { port: 80, address: '10.0.0.2' }), claim('/c', { port: 81 })];
  expect(won(claims, own)).toEqual(['', '10.0.0.2', '*']);
  expect(arranged(claims, own).problems[0]?.message).toContain('service port 80 belongs to the shared http frontend');
});

test('who loses its port keeps its virtual hosts, and the Problem says so', () => {
  const { fronts, problems } = arranged([claim('/a'), claim('/b', { hosts: ['b.acme.org'] })]);
  expect(fronts[1]).toMatchObject({ bind: undefined, routes: [{ host: 'b.acme.org' }] });
  expect(problems[0]?.message).toContain('; its virtual hosts are served');
});

test('who loses a virtual host keeps its port and its other hosts', () => {
  const claims = [claim('/a', { port: 1, hosts: ['x', 'y'] }), claim('/b', { port: 2, hosts: ['y', 'z'] })];
  const { fronts, leftOut, problems } = arranged(claims);
  expect(fronts[0]).toBe(claims[0]?.front);
  expect(fronts[1]).toMatchObject({ bind: { port: 2 }, routes: [{ host: 'z' }] });
  expect(leftOut).toEqual([]);
  expect(problems).toMatchObject([
    {
      code: 'route-conflict',
      owner: { by: 'app', app: '/b', index: 0 },
      label: 'HAPROXY_0_VHOST',
      message: expect.stringContaining('y belongs to'),
    },
  ]);
});

test('who loses something still says what its labels ask for, as one front however much it lost; who loses nothing says nothing', () => {
  const claims = [claim('/a', { hosts: ['x'] }), claim('/b', { port: 2, hosts: ['y'] }), claim('/c', { hosts: ['x', 'y', 'z'] })];
  const { fronts } = arranged(claims);
  expect(fronts[2]).toMatchObject({ bind: undefined, routes: [{ host: 'z' }] });
  expect(fronts[2]?.claimed).toBe(claims[2]?.front);
  expect(fronts.map((front) => front?.claimed === undefined)).toEqual([true, true, false]);
});

test.each<[string, Given, Given, boolean]>([
  ['the same host', {}, {}, true],
  ['the same host and path', { path: '/p' }, { path: '/p' }, true],
  ['another path', { path: '/p' }, { path: '/q' }, false],
  ['a path and none', { path: '/p' }, {}, false],
  ['another weight: somebody has put them in order', { weight: 1 }, { weight: 2 }, false],
  ['rules of its own by a template', { overrides: { HAPROXY_HTTP_FRONTEND_ACL: 'x' } }, {}, false],
  ['routing of its own by a template', {}, { overrides: { HAPROXY_HTTP_FRONTEND_ROUTING_ONLY: 'x' } }, false],
  ['a template that makes no rules', {}, { overrides: { HAPROXY_BACKEND_HEAD: 'x' } }, true],
])('routes: %s', (_, first, second, conflict) => {
  const claims = [claim('/a', { hosts: ['x'], port: 1, ...first }), claim('/b', { hosts: ['x'], port: 2, ...second })];
  expect(won(claims)).toEqual(['* x', conflict ? '*' : '* x']);
  expect(arranged(claims).problems).toHaveLength(conflict ? 1 : 0);
});

test('the virtual host goes to the one with servers', () => {
  expect(won([claim('/a', { hosts: ['x'], port: 1, serves: false }), claim('/b', { hosts: ['x'], port: 2 })])).toEqual(['*', '* x']);
});

test('of two ports whose backends have the same name, the loser is left out', () => {
  const claims = [claim('/a/b', { hosts: ['x'] }), claim('/a_b', { hosts: ['y'], address: '10.0.0.1' })];
  const { fronts, leftOut, problems } = arranged(claims);
  expect(fronts).toEqual([claims[0]?.front, undefined]);
  expect(leftOut).toEqual([{ app: '/a_b', index: 0, why: 'port-conflict' }]);
  expect(problems).toMatchObject([{ code: 'port-conflict', message: expect.stringContaining('its backend would be named a_b_10000') }]);
});

test('who is left out holds no port and no virtual host', () => {
  const claims = [
    claim('/a/b', { address: '10.0.0.1' }),
    claim('/a_b', { hosts: ['y'] }),
    claim('/c', { hosts: ['y'], address: '10.0.0.2' }),
  ];
  expect(won(claims)).toEqual(['10.0.0.1', undefined, '10.0.0.2 y']);
});

test.each([
  ['an empty head: it binds nothing', '', ['*', '*']],
  ['a head with a port of its own', 'frontend {backend}\n  bind :7\n', ['*', '*']],
  ['a head with the service port', 'frontend {backend}\n  bind :{servicePort}\n', ['*', '']],
])('a frontend template: %s', (_, head, binds) => {
  expect(won([claim('/a'), claim('/b', { overrides: { HAPROXY_FRONTEND_HEAD: head } })])).toEqual(binds);
});

test('two ports of one app: the lower index wins', () => {
  expect(won([claim('/a', { index: 1, port: 1, hosts: ['x'] }), claim('/a', { index: 0, port: 2, hosts: ['x'] })])).toEqual(['*', '* x']);
});

test('no two fronts share a bind, a host or a name; every loss is told; the order of the claims does not matter', () => {
  const own = [{ address: '*', port: 80, what: 'ours' }];
  fc.assert(
    fc.property(anyClaims, fc.infiniteStream(fc.nat()), (all, random) => {
      const { fronts, problems } = arranged(all, own);
      const left = fronts.filter((front) => front !== undefined);
      expect(new Set(left.map(({ name }) => name)).size).toBe(left.length);
      expect(left.filter(({ bind }) => bind?.port === 80)).toEqual([]);
      const hosts = left.flatMap((front) => front.routes.map(({ host }) => host));
      expect(new Set(hosts).size).toBe(hosts.length);
      const losers = all.filter(({ front }, i) => fronts[i] !== front).map(({ front }) => `${front.app} ${front.index}`);
      const told = problems.map(({ owner }) => (owner.by === 'app' ? `${owner.app} ${owner.index ?? ''}` : ''));
      expect(new Set(told)).toEqual(new Set(losers));
      const shuffled = all.map((one) => ({ one, at: Number(random.next().value) })).sort((a, b) => a.at - b.at);
      const again = arranged(
        shuffled.map(({ one }) => one),
        own,
      ).fronts;
      for (const [i, { one }] of shuffled.entries()) expect(again[i]).toEqual(fronts[all.indexOf(one)]);
    }),
  );
});
