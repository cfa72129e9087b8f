import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { View } from '../../src/model/view.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { startState } from '../../src/snapshot/state.ts';
import { nginx, readAt, task, type Json } from './cluster.ts';

interface Wanted {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly year: number;
  readonly instances: number;
  readonly tasks: number;
}

type Step =
  | { readonly kind: 'put'; readonly app: string; readonly wanted: Wanted }
  | { readonly kind: 'scale'; readonly app: string; readonly instances: number; readonly tasks: number }
  | { readonly kind: 'remove'; readonly app: string }
  | { readonly kind: 'restart' };

const APPS = ['/a', '/b', '/team/c'];
const app = fc.constantFrom(...APPS);
const counts = { instances: fc.nat(2), tasks: fc.nat(2) };
const wanted = fc.record({
  hosts: fc.subarray(['x.org', 'y.org'], { minLength: 1 }),
  port: fc.constantFrom(10_000, 10_001),
  year: fc.integer({ min: 2015, max: 2020 }),
  ...counts,
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), app, wanted }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('scale' as const), app, ...counts }) },
  fc.record({ kind: fc.constant('remove' as const), app }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

function jsonOf(id: string, { hosts, port, year, instances, tasks }: Wanted): Json {
  return nginx(
    Array.from({ length: tasks }, (_, i) => task(i, { id: `${id.slice(1)}.${i}` })),
    {
      id,
      instances,
      labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: hosts.join(',') },
      versionInfo: { lastConfigChangeAt: `${year}-01-01T00:00:00.000Z` },
      container: { portMappings: [{ containerPort: 80, servicePort: port }] },
    },
  );
}

function changed(apps: ReadonlyMap<string, Wanted>, step: Step): ReadonlyMap<string, Wanted> {
  if (step.kind === 'restart') return apps;
  const next = new Map(apps);
  const before = apps.get(step.app);
  if (step.kind === 'remove') next.delete(step.app);
  else if (step.kind === 'put') next.set(step.app, step.wanted);
  else if (before !== undefined) next.set(step.app, { ...before, instances: step.instances, tasks: step.tasks });
  return next;
}

/** What an app of the test claims: its hosts, and its port. */
const claimsOf = ({ hosts, port }: Wanted): readonly string[] => [...hosts, String(port)];

/** Who has each host and each port in a view. */
function havers({ services }: View): ReadonlyMap<string, string> {
  return new Map(
    services.flatMap(({ front }) => [
      ...front.routes.map(({ host }) => [host, front.app as string] as const),
      ...(front.bind === undefined ? [] : [[String(front.bind.port), front.app as string] as const]),
    ]),
  );
}

test('whatever tasks come and go, and apps: nobody has a host or a port whose owner of record exists and claims it', () => {
  const property = fc.property(fc.array(anyStep, { maxLength: 25 }), (steps) => {
    let [state, derive] = [EMPTY, makeDeriver()];
    let apps: ReadonlyMap<string, Wanted> = new Map();
    const owners = new Map<string, string>();
    for (const [i, step] of steps.entries()) {
      apps = changed(apps, step);
      for (const [what, owner] of owners) {
        const claims = apps.get(owner);
        if (claims === undefined || !claimsOf(claims).includes(what)) owners.delete(what);
      }
      if (step.kind === 'restart') [state, derive] = [startState(EMPTY.release, { holders: state.holders }), makeDeriver()];
      state = absorb(state, readAt(i, ...[...apps].map(([id, one]) => jsonOf(id, one))));
      const view = derive(state);
      if (view === undefined) throw new Error('nothing was read');
      for (const [what, haver] of havers(view)) {
        expect([what, haver]).toEqual([what, owners.get(what) ?? haver]);
        owners.set(what, haver);
      }
      state = absorb(state, { kind: 'serving', at: i, holders: view.holders });
    }
  });
  fc.assert(property, { numRuns: 300 });
});
