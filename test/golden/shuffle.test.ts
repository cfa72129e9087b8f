import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filesOf, readCases, viewOf, type Case } from './cases.ts';
import { movablePorts, withPortsMoved, type Json } from './move-ports.ts';

const CASES = readCases().map((one) => [one.name, one] as const);

/** A list in an order that fast-check chooses, and makes simpler when a test fails. */
const order = <Part>(list: readonly Part[]): fc.Arbitrary<Part[]> => fc.shuffledSubarray([...list], { minLength: list.length });

/** An app with its tasks and its keys, labels included, in any order. Lists whose order has a meaning stay. */
function anyOrder(app: Json): fc.Arbitrary<Json> {
  const { labels = {}, tasks = [] } = app as { readonly labels?: Json; readonly tasks?: readonly Json[] };
  return fc.tuple(order(Object.entries(labels)), order(tasks), order(Object.keys(app))).map(([entries, shuffled, keys]) => {
    const parts: Json = { ...app, labels: Object.fromEntries(entries), tasks: shuffled };
    return Object.fromEntries(keys.map((key) => [key, parts[key]]));
  });
}

const anyApps = (apps: readonly Json[]): fc.Arbitrary<readonly Json[]> => fc.tuple(...apps.map(anyOrder)).chain(order);

/** The configuration and its maps; Problems are told in order of the input. */
function bytesOf(one: Case, apps: readonly unknown[]): ReadonlyMap<string, string> {
  return new Map([...filesOf(viewOf({ ...one, apps }))].filter(([file]) => file !== 'problems.txt'));
}

test.each(CASES)('%s: apps, tasks and labels in any order give the same bytes', (_, one) => {
  const wanted = bytesOf(one, one.apps);
  const property = fc.property(anyApps(one.apps as readonly Json[]), (apps) => {
    expect(bytesOf(one, apps)).toEqual(wanted);
  });
  fc.assert(property, { numRuns: 15 });
});

/** The cases with an app of several ports, each with a service port of its own. */
const SEVERAL = CASES.filter(([, { apps }]) => apps.some((app) => movablePorts(app as Json) > 1));

test('there are such cases: in host, bridge and container mode, with other indexes in labels and checks', () => {
  expect(SEVERAL.map(([name]) => name)).toEqual(expect.arrayContaining(['ports-in-any-order', 'network-bridge', 'network-host']));
});

test.each(SEVERAL)('%s: ports in any order, with the indexes that mean them, give the same bytes', (_, one) => {
  const wanted = bytesOf(one, one.apps);
  const moves = one.apps.map((app) => order(Array.from({ length: movablePorts(app as Json) }, (_port, i) => i)));
  const property = fc.property(fc.tuple(...moves), (all) => {
    const apps = one.apps.map((app, i) => withPortsMoved(app as Json, all[i] ?? []));
    expect(bytesOf(one, apps)).toEqual(wanted);
  });
  fc.assert(property, { numRuns: 15 });
});
