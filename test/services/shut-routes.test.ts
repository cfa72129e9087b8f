import { expect, test } from '@jest/globals';
import { arrange } from '../../src/services/arrange.ts';
import { makeHolder } from '../../src/services/holders.ts';
import { shutOf } from '../../src/services/shut.ts';
import type { Front } from '../../src/model/service.ts';
import { front } from '../haproxy/make.ts';

const port = (app: string, hosts: readonly string[], rest: Partial<Front> = {}): Front =>
  front({
    app,
    name: `${app.slice(1)}_1` as Front['name'],
    bind: undefined,
    routes: hosts.map((host) => ({ host, path: undefined })),
    ...rest,
  });
const left = port('/left', ['x', 'y']);

/** The hosts and paths that are answered 503. */
function shutIn(others: readonly Front[], { absent = [shutOf(left)], held = [] as readonly Front[] } = {}) {
  const claims = others.map((one) => ({ front: one, serves: true }));
  const { shut, fronts } = arrange(claims, { own: [], holders: held.map(makeHolder), absent });
  return { shut: shut.flatMap(({ app, routes }) => routes.map(({ host, path = '' }) => `${app} ${host}${path}`)), fronts };
}

test('nobody else has them: all its hosts', () => {
  expect(shutIn([port('/other', ['z'])]).shut).toEqual(['/left x', '/left y']);
});

test('one that serves has what it claims, unless the port that is left out held it before', () => {
  const other = port('/other', ['x']);
  expect(shutIn([other]).shut).toEqual(['/left y']);
  expect(shutIn([other]).fronts).toEqual([other]);
  const { shut, fronts } = shutIn([other], { held: [left] });
  expect(shut).toEqual(['/left x', '/left y']);
  expect(fronts[0]?.routes).toEqual([]);
});

test('of two that are left out the one that holds a host gets it, or the first', () => {
  const absent = [left, port('/more', ['x', 'z'])].map(shutOf);
  expect(shutIn([], { absent }).shut).toEqual(['/left x', '/left y', '/more z']);
  expect(shutIn([], { absent, held: [port('/more', ['x', 'z'])] }).shut).toEqual(['/left y', '/more x', '/more z']);
});

test('a split serves on with its other ports; without any it is answered 503', () => {
  const split = { table: 'prefix', split: { key: '/ colour', weight: 50 } } as const;
  const [blue, green] = [port('/blue', ['s'], split), port('/green', ['s'], split)];
  expect(shutIn([green], { absent: [shutOf(blue)], held: [blue, green] }).shut).toEqual([]);
  expect(shutIn([], { absent: [shutOf(blue), shutOf(green)], held: [blue, green] }).shut).toEqual(['/blue s']);
});

test('of several paths in the routing table those that nobody else has', () => {
  const at = (path: string): Partial<Front> => ({ table: 'prefix', routes: [{ host: 'x', path }] });
  const { shut } = shutIn([port('/other', [], at('/b'))], { absent: [shutOf(port('/left', [], at('/a /b /c')))] });
  expect(shut).toEqual(['/left x/a /c']);
});

test('a port without a backend name of its own, or one that is not shut, gets nothing', () => {
  expect(shutIn([port('/other', ['z'], { name: left.name })]).shut).toEqual([]);
  expect(shutIn([], { absent: [left] }).shut).toEqual([]);
});
