import { describe, expect, test } from '@jest/globals';
import { taskHash, taskName } from '../../../src/dns/zones/dns-names.ts';
import { makeZones } from '../../../src/dns/zones/zone.ts';
import type { AppId, TaskId } from '../../../src/model/names.ts';
import { app, port, settings, snapshot, task, told, zonesOf } from './make.ts';

/** Of so many characters, from 186 to 248, with the shortest label last in the names. */
function longId(length: number): string {
  return `/a/${['b', 'c', 'd'].map((letter) => letter.repeat(60)).join('/')}/${'e'.repeat(length - 185)}`;
}

const nested = app('/a/b', [task('test')], { ports: [port({ name: 'http' })] });

test('the Mesos zone has the top that Mesos-DNS gives it', () => {
  const { apexOf } = zonesOf([], { domain: 'mesos.acme.org', ttl: 30 });
  const apex = apexOf('nginx.marathon.mesos.acme.org');
  expect(apex).toEqual({
    ...{ name: 'mesos.acme.org', ttl: 30, nsTtl: 30, ns: 'ns1.mesos.acme.org', priority: 0, weight: 1, mildToUnknown: true },
    soa: {
      ...{ mname: 'ns1.mesos.acme.org', rname: 'root.ns1.mesos.acme.org' },
      ...{ refresh: 60, retry: 600, expire: 86400, minimum: 30, ttl: 30 },
    },
  });
  expect(apexOf('mesos.acme.org')).toBe(apex);
  for (const name of ['', 'org', 'acme.org', 'xmesos.acme.org', 'mesos', 'thisdcos.directory']) expect(apexOf(name)).toBeUndefined();
});

test.each(['dcos.thisdcos.directory', 'mesos.thisdcos.directory'])("the zone %s has DC/OS's top", (name) => {
  expect(zonesOf([]).apexOf(`x.${name}`)).toEqual({
    ...{ name, ttl: 5, nsTtl: 3600, ns: 'ns.spartan', priority: 1, weight: 1, mildToUnknown: false },
    soa: { mname: 'ns.spartan', rname: 'support.mesosphere.com', refresh: 60, retry: 180, expire: 86400, minimum: 1, ttl: 5 },
  });
});

test('the tops and the name server are there without any app', () => {
  const zones = zonesOf([]);
  for (const top of ['mesos', 'dcos.thisdcos.directory', 'mesos.thisdcos.directory']) expect(told(zones.find(top))).toEqual([]);
  expect(zones.find('ns1.mesos')).toEqual({ a: ['127.0.0.1'], aaaa: ['::1'], srv: [] });
  expect(told(zonesOf([], { nameServers: [] }).find('ns1.mesos'))).toEqual([]);
  for (const name of ['marathon.mesos', 'x.mesos', 'thisdcos.directory', 'acme.org', '']) expect(zones.find(name)).toBeUndefined();
});

test('names that only have names below them are there with nothing, until the last of those is gone', () => {
  const make = makeZones(settings());
  const above = [
    ...['marathon.mesos', 'slave.mesos', 'marathon.slave.mesos', '_tcp.marathon.mesos', '_udp.marathon.slave.mesos'],
    ...[
      'a.marathon.mesos',
      'a._tcp.marathon.mesos',
      'a.marathon.slave.mesos',
      'a-iffe9-s1.marathon.mesos',
      'a-iffe9-s1.marathon.slave.mesos',
    ],
    ...['containerip.dcos.thisdcos.directory', 'marathon.autoip.dcos.thisdcos.directory', 'a.marathon.mesos.thisdcos.directory'],
  ];
  const withPorts = app('/a/b', [task('test', { hostPorts: [31000] })]);
  const zones = make(snapshot(withPorts, app('/a/c', [task('test')])));
  for (const name of above) expect([name, told(zones.find(name))]).toEqual([name, []]);
  expect(zones.find('_udp.marathon.mesos')).toBeUndefined();
  expect(zones.find('b-iffe9-s1.marathon.mesos')).toBeUndefined();
  const one = make(snapshot(app('/a/c', [task('test')])));
  expect(told(one.find('a.marathon.mesos'))).toEqual([]);
  expect(one.find('_udp.marathon.slave.mesos')).toBeUndefined();
  const none = make(snapshot(app('/a/c', [])));
  for (const name of above) expect([name, none.find(name)]).toEqual([name, undefined]);
});

test('an app may stand above another', () => {
  const zones = zonesOf([app('/a', [task('1')]), app('/a/b', [task('2', { addresses: ['192.168.0.2'] })])]);
  expect(told(zones.find('a.marathon.mesos'))).toEqual(['192.168.0.1']);
  expect(told(zones.find('b.a.marathon.mesos'))).toEqual(['192.168.0.2']);
});

describe('the mirror', () => {
  const zones = zonesOf([nested]);

  test('has all that the Mesos zone has, and its services lead into it', () => {
    for (const { records } of zones.tasks()) {
      for (const name of [...records().keys(), 'marathon.mesos', 'ns1.mesos'].filter((one) => one.endsWith('.mesos'))) {
        const services = (zones.find(name)?.srv ?? []).map(({ target, port }) => ({ target: `${target}.thisdcos.directory`, port }));
        expect(zones.find(`${name}.thisdcos.directory`)).toEqual({ ...zones.find(name), srv: services });
      }
    }
    expect(told(zones.find('_http._b-a._tcp.marathon.mesos.thisdcos.directory'))).toEqual([
      'b-a-iffe9-s1.marathon.mesos.thisdcos.directory:80',
    ]);
  });

  test('gives the same object as long as it has the same', () => {
    const name = '_b.a._tcp.marathon.mesos.thisdcos.directory';
    expect(zones.find(name)).toBe(zones.find(name));
  });

  test('has nothing of its own', () => {
    expect(zones.find('x.marathon.mesos.thisdcos.directory')).toBeUndefined();
    expect(zones.find('b-a.marathon.containerip.dcos.thisdcos.directory.thisdcos.directory')).toBeUndefined();
  });

  test('leaves out services whose targets are too long there', () => {
    const id = longId(212);
    const long = zonesOf([app(id, [task('test')])]);
    const name = `_${taskName(id as AppId)}._tcp.marathon.mesos`;
    expect(long.find(name)?.srv).toHaveLength(1);
    expect(long.find(`${name}.thisdcos.directory`)?.srv).toEqual([]);
  });
});

describe('a change', () => {
  const [one, other] = [app('/one', [task('1'), task('2', { addresses: ['192.168.0.2'] })]), app('/other', [task('3')])];

  test('counts, and nothing does not', () => {
    const make = makeZones(settings());
    const first = make(snapshot(one, other));
    expect(first.serial).toBe(1);
    expect(make(snapshot(one, other))).toBe(first);
    const sicker = one.tasks.map((each) => ({ ...each, health: 'dead' as const, addresses: [...each.addresses] }));
    expect(make(snapshot({ ...one, tasks: sicker }, other))).toBe(first);
    expect(make(snapshot(other)).serial).toBe(2);
    expect(make(snapshot(other, app('/third', []))).serial).toBe(2);
  });

  test('leaves the entries of all other names as they are', () => {
    const make = makeZones(settings());
    const zones = make(snapshot(one, other));
    const names = [...zones.tasks()].flatMap(({ records }) => [...records().keys()]);
    const before = new Map(names.map((name) => [name, zones.find(name)]));
    const moved = { ...one, tasks: one.tasks.with(1, task('2', { addresses: ['192.168.0.9'] })) };
    const after = make(snapshot(moved, other));
    const changed = names.filter((name) => after.find(name) !== before.get(name));
    const kinds = ['containerip', 'autoip'].map((kind) => `one.marathon.${kind}.dcos.thisdcos.directory`);
    const mark = `-${taskHash('2' as TaskId)}-s1`;
    expect(new Set(changed)).toEqual(new Set(['one.marathon.mesos', `one${mark}.marathon.mesos`, ...kinds]));
  });
});

describe('names that several apps make', () => {
  const [ab, dashed] = [app('/a/b', [task('1')]), app('/b-a', [task('2', { addresses: ['192.168.0.2'] })])];

  test('have what each of them gives, and are a Problem of the last', () => {
    const zones = zonesOf([ab, dashed]);
    expect(told(zones.find('b-a.marathon.mesos'))).toEqual(['192.168.0.1', '192.168.0.2']);
    expect(told(zones.find('b-a.marathon.containerip.dcos.thisdcos.directory'))).toEqual(['192.168.0.1', '192.168.0.2']);
    expect(zones.find('_b-a._tcp.marathon.mesos')?.srv).toHaveLength(2);
    expect(told(zones.find('b.a.marathon.mesos'))).toEqual(['192.168.0.1']);
    expect(zones.find('b-a.marathon.mesos')).toBe(zones.find('b-a.marathon.mesos'));
    expect(zones.problems).toEqual([
      {
        code: 'dns-name-shared',
        owner: { by: 'app', app: '/b-a' },
        message: 'the DNS name b-a.marathon.mesos is also that of /a/b, and leads to the tasks of all of them',
        hint: 'give one of the apps another id, or ask for a name that only one of them has',
      },
    ]);
  });

  test('are none any more when one of them goes', () => {
    const make = makeZones(settings());
    make(snapshot(ab, dashed));
    const zones = make(snapshot(ab, app('/b-a', [])));
    expect(told(zones.find('b-a.marathon.mesos'))).toEqual(['192.168.0.1']);
    expect(zones.problems).toEqual([]);
  });

  test('stay the same object when what they have does', () => {
    const make = makeZones(settings());
    const name = 'b-a.marathon.agentip.dcos.thisdcos.directory';
    const before = make(snapshot(ab, dashed)).find(name);
    const more = { ...dashed, tasks: [...dashed.tasks, task('3', { addresses: ['192.168.0.3'] })] };
    const zones = make(snapshot(ab, more));
    expect(told(zones.find('b-a.marathon.mesos'))).toEqual(['192.168.0.1', '192.168.0.2', '192.168.0.3']);
    expect(zones.find(name)).toBe(before);
  });

  test('of many apps tell three of them', () => {
    const apps = ['/c.b.a', '/c-b-a', '/b.a/c', '/a/c.b', '/a/c-b', '/a/b/c'].map((id) => app(id, [task(id)]));
    const { problems } = zonesOf(apps);
    expect(problems.map(({ message }) => message)).toContain(
      'the DNS name c-b-a.marathon.mesos is also that of /a/b/c, /a/c-b, /a/c.b and 2 more, and leads to the tasks of all of them',
    );
  });

  test('by their marks only have both as well', () => {
    const zones = zonesOf([app('/nginx', [task('test')]), app('/nginx-iffe9-s1', [task('2', { addresses: ['192.168.0.2'] })])]);
    expect(told(zones.find('nginx-iffe9-s1.marathon.mesos'))).toEqual(['192.168.0.1', '192.168.0.2']);
  });
});

describe('ids that make no name', () => {
  const messagesOf = (id: string): readonly string[] => zonesOf([app(id, [task('test')])]).problems.map(({ message }) => message);

  test('a label of 63 has all names but those of services, which have a character more', () => {
    const label = 'x'.repeat(63);
    const zones = zonesOf([app(`/${label}`, [task('test')])]);
    expect(told(zones.find(`${label}.marathon.mesos`))).toEqual(['192.168.0.1']);
    expect(told(zones.find(`${'x'.repeat(54)}-iffe9-s1.marathon.mesos`))).toEqual(['192.168.0.1']);
    expect(zones.find(`_${label}._tcp.marathon.mesos`)).toBeUndefined();
    expect(zones.find('_tcp.marathon.mesos')).toBeUndefined();
    const [problem] = zones.problems;
    expect(problem).toMatchObject({ code: 'dns-name', owner: { by: 'app', app: `/${label}` } });
    expect(problem?.message).toBe(
      `the DNS name _${label}._tcp.marathon.mesos is left out: its part _${label} has 64 characters, and a part may have at most 63`,
    );
  });

  test('a label of 62 has all names, with its task named in what fits', () => {
    const label = 'x'.repeat(62);
    const zones = zonesOf([app(`/${label}`, [task('test')])]);
    expect(zones.problems).toEqual([]);
    const [service] = zones.find(`_${label}._tcp.marathon.mesos`)?.srv ?? [];
    expect(told(zones.find(service?.target ?? ''))).toEqual(['192.168.0.1']);
  });

  test('a longer one is cut, as Mesos-DNS does it', () => {
    const zones = zonesOf([app(`/a/${'x'.repeat(70)}`, [task('test')])]);
    expect(told(zones.find(`${'x'.repeat(63)}.marathon.mesos`))).toEqual(['192.168.0.1']);
    expect(zones.find(`${'x'.repeat(70)}.a.marathon.mesos`)).toBeUndefined();
    expect(zones.find('a.marathon.mesos')).toBeUndefined();
    expect(zones.problems).toHaveLength(1);
  });

  test('a name that is too long in all is left out, as is a service whose target is', () => {
    const names = (length: number) => {
      const id = longId(length);
      const { find, problems } = zonesOf([app(id, [task('test')])]);
      const dotted = taskName(id as AppId);
      const has = ['marathon.mesos', 'marathon.slave.mesos'].map((place) => find(`${dotted}.${place}`)?.a.length);
      return { has: [...has, find(`_${dotted}._tcp.marathon.mesos`)?.srv.length], message: problems.map(({ message }) => message).join() };
    };
    expect(names(229).has).toEqual([1, 1, 1]);
    expect(names(230).has).toEqual([1, 1, undefined]); // its target has 254
    expect(names(232)).toMatchObject({
      has: [1, 1, undefined],
      message: expect.stringContaining('-s1.marathon.mesos is left out: it has 256 '),
    });
    expect(names(233)).toMatchObject({
      has: [1, undefined, undefined],
      message: expect.stringContaining('slave.mesos is left out: it has 254 '),
    });
    expect(names(238).has).toEqual([1, undefined, undefined]);
    expect(names(239)).toMatchObject({
      has: [undefined, undefined, undefined],
      message: expect.stringContaining('.marathon.mesos is left out: it has 254 '),
    });
  });

  test.each(['/---', '/', '/ö'])('%s has none of one label', (id) => {
    expect(messagesOf(id)).toEqual(['no DNS name can be made from its id, because the id has no letter and no digit']);
  });

  test('an odd one has those that can be made of it', () => {
    const zones = zonesOf([app('/a//b c', [task('test')])]);
    expect(told(zones.find('bc--a.marathon.mesos'))).toEqual(['192.168.0.1']);
    expect(zones.problems.map(({ message }) => message)).toEqual([
      "the DNS name b c..a.marathon.mesos is left out: its part 'b c' has other characters than letters, digits and '-'",
    ]);
  });

  test('a name of a port that says nothing, or is too long, is left out', () => {
    const named = (name: string): string[] => {
      const zones = zonesOf([app('/nginx', [task('test')], { ports: [port({ name })] })]);
      return [...zones.tasks()].flatMap(({ records }) => [...records().keys()]).filter((one) => one.includes('._nginx'));
    };
    expect(named('***')).toEqual([]);
    expect(named('p'.repeat(62))).toEqual([`_${'p'.repeat(62)}._nginx._tcp.marathon.mesos`]);
    expect(named('p'.repeat(63))).toEqual([]);
  });

  test('are no Problem as long as no task runs', () => {
    expect(zonesOf([app('/---', []), app('/a/b', []), app('/b-a', [task('test')])]).problems).toEqual([]);
  });
});

test('the tasks tell their own names, for those who ask for all', () => {
  const tasks = [...zonesOf([nested, app('/nginx', [task('1'), task('2', { state: 'TASK_KILLING' })])]).tasks()];
  expect(tasks.map(({ app: of, id, name }) => [of, id, name])).toEqual([
    ['/a/b', 'test', 'b.a'],
    ['/nginx', '1', 'nginx'],
  ]);
  expect(told(tasks[0]?.records().get('_http._b.a._tcp.marathon.mesos'))).toEqual(['b.a-iffe9-s1.marathon.mesos:80']);
});
