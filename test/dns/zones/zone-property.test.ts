import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Zones } from '../../../src/dns/zones/records.ts';
import { makeZones, type ZoneSettings } from '../../../src/dns/zones/zone.ts';
import type { App } from '../../../src/model/snapshot.ts';
import { app, port, settings, snapshot, task, told } from './make.ts';

const IDS = ['/a', '/a/b', '/b-a', '/a.b', '/b/a', '/a/b/c', '/---', `/${'x'.repeat(64)}/y`, '/a-iffe9-s1'];
const ports = fc.array(
  fc
    .record({ container: fc.constantFrom(80, 0, 53), tcp: fc.boolean(), onHost: fc.boolean() })
    .chain((one) => fc.constantFrom(port(one), port({ ...one, udp: true }), port({ ...one, name: 'http' }))),
  { maxLength: 2 },
);
const anyTask = fc
  .record({
    id: fc.constantFrom('test', '1', '2', '3'),
    state: fc.constantFrom('TASK_RUNNING', 'TASK_RUNNING', 'TASK_RUNNING', 'TASK_KILLING'),
    health: fc.constantFrom('alive' as const, 'dead' as const),
    addresses: fc.subarray(['192.168.0.1', '192.168.0.2', 'fd00::1']),
    hostAddress: fc.constantFrom('10.0.0.1', '10.0.0.2', undefined),
    hostPorts: fc.array(fc.constantFrom(31000, 31001, undefined), { maxLength: 2 }),
    agent: fc.constantFrom('x-S1', 'x-S2'),
  })
  .map(({ id, ...given }) => task(id, given));
const tasks = fc.uniqueArray(anyTask, { maxLength: 3, selector: ({ id }) => id });
const anyApp = fc
  .record({ id: fc.constantFrom(...IDS), tasks, ports, network: fc.constantFrom('host' as const, 'bridge' as const, 'container' as const) })
  .map(({ id, tasks: some, ...rest }) => app(id, some, rest));
const apps = fc.uniqueArray(anyApp, { maxLength: 6, selector: ({ id }) => id });
/** Apps come and go, or only some of their tasks do. */
const step = fc.oneof(
  apps.map((some) => () => some),
  fc.tuple(fc.nat({ max: 5 }), tasks).map(
    ([at, some]) =>
      (before: readonly App[]) =>
        before.map((one, i) => (i === at ? { ...one, tasks: some } : one)),
  ),
  fc.nat({ max: 5 }).map((at) => (before: readonly App[]) => before.filter((_, i) => i !== at)),
);
const anySettings = fc.record({
  framework: fc.constantFrom('marathon', 'marathon.prod', 'slave', ''),
  healthyOnly: fc.boolean(),
  ipSources: fc.constantFrom(['netinfo', 'host'] as const, ['host'] as const),
});

const APEXES = ['mesos', 'mesos.thisdcos.directory', 'dcos.thisdcos.directory', 'ns1.mesos', 'ns1.mesos.thisdcos.directory'];

/** What every name has to have, worked out from what each task tells; names above others have nothing. */
function expected(zones: Zones): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, Set<string>>();
  for (const { records } of zones.tasks()) {
    for (const [name, entry] of records()) {
      const own = told(entry) ?? [];
      const inMirror = own.map((one) => one.replace(/\.mesos:(\d+)$/, '.mesos.thisdcos.directory:$1'));
      const both = name.endsWith('.mesos')
        ? ([
            [name, own],
            [`${name}.thisdcos.directory`, inMirror],
          ] as const)
        : ([[name, own]] as const);
      for (const [where, what] of both) {
        all.set(where, new Set([...(all.get(where) ?? []), ...what]));
        const zone = APEXES.find((apex) => where.endsWith(`.${apex}`)) ?? '';
        for (let above = where; above !== zone; above = above.slice(above.indexOf('.') + 1)) if (!all.has(above)) all.set(above, new Set());
      }
    }
  }
  return new Map(Array.from(all, ([name, has]) => [name, [...has].sort()]));
}

test('after any history every name has what a fresh start gives it, in whatever order apps and tasks come', () => {
  fc.assert(
    fc.property(anySettings, apps, fc.array(step, { maxLength: 5 }), fc.nat(), (given, first, steps, turn) => {
      const all: ZoneSettings = settings(given);
      const make = makeZones(all);
      let known = first;
      let zones = make(snapshot(...known));
      const asked = new Set(APEXES);
      for (const next of steps) {
        for (const name of expected(zones).keys()) asked.add(name);
        for (const name of asked) zones.find(name); // so that what it remembers is there to be wrong
        known = [...next(known)];
        zones = make(snapshot(...known));
      }
      const fresh = makeZones(all)(snapshot(...turned(known, turn)));
      const wanted = expected(fresh);
      for (const name of wanted.keys()) asked.add(name);
      const found = [...asked].map((name) => [name, zones.find(name)] as const);
      expect(found).toEqual([...asked].map((name) => [name, fresh.find(name)]));
      expect(found.every(([name, entry]) => zones.find(name) === entry)).toBe(true);
      const below = found.filter(([name]) => !APEXES.includes(name));
      expect(below.map(([name, entry]) => [name, entry && [...(told(entry) ?? [])].sort()])).toEqual(
        below.map(([name]) => [name, wanted.get(name)]),
      );
      expect(zones.problems).toEqual(fresh.problems);
    }),
    { numRuns: 60 },
  );
});

function turned(known: readonly App[], turn: number): readonly App[] {
  const from = turn % Math.max(1, known.length);
  return [...known.slice(from), ...known.slice(0, from)].map((one) => ({ ...one, tasks: one.tasks.toReversed() }));
}
