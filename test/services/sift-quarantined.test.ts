import { expect, test } from '@jest/globals';
import type { Problem } from '../../src/model/problem.ts';
import type { Quarantined } from '../../src/model/quarantine.ts';
import type { BackendOptions, Front, Service } from '../../src/model/service.ts';
import type { Claim } from '../../src/services/arrange.ts';
import { makeSift, writtenOf } from '../../src/services/sift-quarantined.ts';
import { front, OPTIONS, server, service } from '../haproxy/make.ts';
import { arranged } from './claims.ts';

const SHOP = service(front({ routes: [{ host: 'shop.acme.org', path: undefined }] }), [server(31001)]);
const OTHER = service(front({ app: '/other', port: 10001 }), [server(31002)]);
const SECOND = service(front({ index: 1, port: 10002 }), []);

/** A port that was refused as this service was then. */
function refused(of: Service, message = 'HAProxy does not take it'): Quarantined {
  const { app, index } = of.front;
  const problem: Problem = { code: 'refused-by-haproxy', owner: { by: 'app', app, index }, message, hint: 'mend it' };
  return { app, index, of: writtenOf(of), files: [], problems: [problem] };
}

const claimOf = ({ front: of, backend }: Service): Claim => ({ front: of, serves: backend.servers.length > 0 });

function sifted(services: readonly Service[], quarantine: readonly Quarantined[]) {
  return makeSift()({ services, claims: services.map(claimOf), absent: [] }, quarantine);
}

/** The same in other objects, as another read of Marathon makes it. */
const again = <Value>(value: Value): Value => structuredClone(value);

test('a port that is as it was when it was refused is left out, with what was said of it; all others stay, as the very same', () => {
  const services = [OTHER, again(SHOP), SECOND];
  const claims = services.map(claimOf);
  const one = refused(SHOP);
  const left = makeSift()({ services, claims, absent: [OTHER.front] }, [one]);
  expect(left.services.map((of, i) => of === [OTHER, SECOND][i])).toEqual([true, true]);
  expect(left.claims.map((of, i) => of === [claims[0], claims[2]][i])).toEqual([true, true]);
  expect(left.absent.map((of, i) => (of.claimed ?? of) === [OTHER.front, services[1]?.front][i])).toEqual([true, true]);
  expect(left.absent.map(({ isShut }) => isShut)).toEqual([undefined, true]);
  expect(left.leftOut).toEqual([{ app: '/shop', index: 0, why: 'refused' }]);
  expect(left.problems).toEqual(one.problems);
});

test('an empty quarantine returns the same lists', () => {
  const services = [SHOP, OTHER];
  const claims = services.map(claimOf);
  const left = makeSift()({ services, claims, absent: [] }, []);
  expect(left.services).toBe(services);
  expect(left.claims).toBe(claims);
  expect([left.leftOut, left.problems]).toEqual([[], []]);
});

test('a quarantined port that no app has any more has no effect', () => {
  const left = sifted([OTHER], [refused(SHOP)]);
  expect(left).toEqual({ services: [OTHER], claims: [claimOf(OTHER)], absent: [], leftOut: [], problems: [] });
});

test('several quarantined ports are left out independently, in the order of the services', () => {
  const quarantine = [refused(SECOND, 'second'), refused(OTHER, 'other'), refused(front5(), 'fifth')];
  const left = sifted([OTHER, SHOP, SECOND], quarantine);
  expect(left.services).toEqual([SHOP]);
  expect(left.leftOut.map(({ app, index }) => `${index ?? ''} ${app}`)).toEqual(['0 /other', '1 /shop']);
  expect(left.problems.map(({ message }) => message)).toEqual(['other', 'second']);
});

/** A port that is not among the services, of an app that is. */
function front5(): Service {
  return service(front({ index: 5, port: 10005 }), []);
}

const check: BackendOptions['check'] = {
  protocol: 'http',
  marathonProtocol: 'HTTP',
  path: '/',
  intervalSeconds: 60,
  timeoutSeconds: 20,
  gracePeriodSeconds: 300,
  falls: 4,
  at: undefined,
};

test.each<[string, Partial<Omit<Front, 'app' | 'name'>>, Partial<BackendOptions>]>([
  ['its virtual host', { routes: [{ host: 'new.acme.org', path: undefined }] }, {}],
  ['a path of it', { routes: [{ host: 'shop.acme.org', path: '/new' }] }, {}],
  ['its mode', { mode: 'tcp' }, {}],
  ['its port', { port: 10007 }, {}],
  ['its bind options', { bind: { address: '*', port: 10000, certificate: undefined, options: 'defer-accept' } }, {}],
  ['a template in its labels', { overrides: { HAPROXY_BACKEND_HEAD: 'backend {backend}\n' } }, {}],
  ['its balance', {}, { balance: 'leastconn' }],
  ['its health check', {}, { check }],
])('when its labels or its definition change %s it is tried again', (_, changed, options) => {
  const routes = SHOP.front.routes;
  const next = service(front({ routes, ...changed }), SHOP.backend.servers, { ...OPTIONS, ...options });
  const left = sifted([next], [refused(SHOP)]);
  expect(left).toEqual({ services: [next], claims: [claimOf(next)], absent: [], leftOut: [], problems: [] });
  expect(left.services[0]).toBe(next);
  expect(sifted([SHOP], [refused(next)]).services).toEqual([SHOP]);
  expect(sifted([next], [refused(next)]).services).toEqual([]);
});

test('tasks that come and go, and a definition that was written again as it was, change nothing of it', () => {
  const { routes } = SHOP.front;
  const moved = service(front({ routes, changedAt: '2017-01-01T00:00:00Z' }), [server(31007), server(31008)]);
  expect(sifted([moved], [refused(SHOP)])).toMatchObject({ services: [], claims: [], leftOut: [{ why: 'refused' }] });
  const known = service(front({ routes, changedAt: '2016-01-01T00:00:00Z' }), []);
  expect(sifted([moved], [refused(known)]).services).toEqual([]);
  expect(writtenOf(moved)).toEqual(writtenOf(SHOP));
  expect(writtenOf(moved).front.changedAt).toBeUndefined();
});

test('what it did not get when it was refused does not matter, nor what it does not get now', () => {
  const rival = front({ app: '/a', routes: SHOP.front.routes });
  const [, got] = arranged([{ front: rival, serves: true }, claimOf(SHOP)]).fronts;
  expect(got).toMatchObject({ bind: undefined, routes: [] });
  const less = { ...SHOP, front: got as Front };
  expect(writtenOf(less)).toEqual(writtenOf(SHOP));
  expect(writtenOf(less).front.claimed).toBeUndefined();
  expect(sifted([SHOP], [refused(less)]).services).toEqual([]);
  expect(sifted([less], [refused(SHOP)]).services).toEqual([]);
  const other = { ...less, front: { ...less.front, claimed: front({ routes: SHOP.front.routes, weight: 7 }) } };
  expect(sifted([other], [refused(SHOP)]).services).toEqual([other]); // it has the same, but asks for something else
});

test('a port that was refused for its servers is tried again when they are others; one that was not stays out', () => {
  const servers = SHOP.backend.servers.map(({ name }) => name);
  const more = service(SHOP.front, [server(31001), server(31003)]);
  const forServers = { ...refused(more), servers: [...servers, server(31003).name] };
  expect(sifted([again(more)], [forServers]).services).toEqual([]);
  expect(sifted([again(SHOP)], [forServers]).services).toEqual([SHOP]);
  expect(sifted([again(SHOP)], [refused(more)]).services).toEqual([]);
});

test('a port that was refused beside others is tried again when one of them is another, or gone', () => {
  const { app, index } = OTHER.front;
  const beside = { ...refused(SHOP), beside: [{ app, index, of: writtenOf(OTHER) }] };
  expect(sifted([SHOP, again(OTHER)], [beside]).services).toEqual([OTHER]);
  expect(sifted([SHOP], [beside]).services).toEqual([SHOP]);
  const changed = service({ ...OTHER.front, weight: 3 }, OTHER.backend.servers);
  expect(sifted([SHOP, changed], [beside]).services).toEqual([SHOP, changed]);
});
