import fc from 'fast-check';
import type { Bind, Front, Route } from '../../src/model/service.ts';
import { arrange, type Arrangement, type Claim, type OwnBind } from '../../src/services/arrange.ts';
import { backendName } from '../../src/services/haproxy-names.ts';
import { appId } from './make.ts';

export interface Given {
  readonly index?: number;
  readonly port?: number;
  readonly address?: string | null;
  readonly hosts?: readonly string[];
  readonly path?: string;
  readonly weight?: number;
  readonly changedAt?: string;
  readonly overrides?: Front['overrides'];
  readonly serves?: boolean;
}

/** What a port of an app claims: 10000 on all addresses, no virtual hosts, with servers. */
export function claim(app: string, given: Given = {}): Claim {
  const { index = 0, port = 10000, address = '*', hosts = [], path, weight = 0, changedAt, overrides = {}, serves = true } = given;
  const bind: Bind | undefined = address === null ? undefined : { address, port, certificate: undefined, options: undefined };
  const routes = hosts.map((host): Route => ({ host, path }));
  const name = backendName(appId(app), port);
  const rest = { auth: undefined, redirectToHttps: false, changedAt, overrides, weight };
  return { serves, front: { app: appId(app), index, name, port, mode: 'http', bind, routes, ...rest } };
}

/** The arrangement where nobody holds anything yet. */
export const arranged = (claims: readonly Claim[], own: readonly OwnBind[] = []): Arrangement => arrange(claims, { own, holders: [] });

/** A few ports of a few apps, which claim what others claim too. */
export const anyClaims = fc
  .uniqueArray(
    fc.record({
      app: fc.constantFrom('/a', '/b', '/a/b', '/a_b', '/c'),
      index: fc.nat(1),
      port: fc.constantFrom(80, 1, 2),
      address: fc.constantFrom('*', '10.0.0.1', '10.0.0.2', '[::]'),
      hosts: fc.subarray(['x', 'y', 'z']),
      changedAt: fc.constantFrom('2016', '2017'),
      serves: fc.boolean(),
    }),
    { maxLength: 7, selector: ({ app, index }) => `${app} ${index}` },
  )
  .map((all) => all.map(({ app, ...given }) => claim(app, given)));
