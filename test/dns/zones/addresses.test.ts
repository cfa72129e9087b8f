import { describe, expect, test } from '@jest/globals';
import type { IpSource } from '../../../src/dns/zones/addresses.ts';
import type { Health, Task } from '../../../src/model/snapshot.ts';
import { app, task, told, zonesOf } from './make.ts';

const NAME = 'nginx.marathon.mesos';

test.each<[readonly IpSource[], Partial<Task>, readonly string[] | undefined]>([
  [['netinfo', 'host'], {}, ['192.168.0.1']],
  [['netinfo', 'host'], { addresses: [] }, ['10.0.0.1']],
  [['netinfo', 'host'], { addresses: ['fe80::1%eth0'] }, ['10.0.0.1']],
  [['host', 'netinfo'], {}, ['10.0.0.1']],
  [['host', 'netinfo'], { hostAddress: undefined }, ['192.168.0.1']],
  [['host'], {}, ['10.0.0.1']],
  [['host'], { hostAddress: undefined }, undefined],
  [['netinfo', 'host'], { addresses: [], hostAddress: undefined }, undefined],
])('from the sources %j, of a task with %j: %j', (ipSources, given, addresses) => {
  const zones = zonesOf([app('/nginx', [task('1', given)])], { ipSources });
  expect(told(zones.find(NAME))).toEqual(addresses);
  expect(zones.find('_nginx._tcp.marathon.mesos') !== undefined).toBe(addresses !== undefined);
});

/** What the three names of DC/OS have: agentip, containerip, autoip. */
test.each([
  ['host', {}, ['10.0.0.1', '192.168.0.1', '192.168.0.1']],
  ['host', { addresses: [] }, ['10.0.0.1', '10.0.0.1', '10.0.0.1']],
  ['host', { addresses: ['10.0.0.1'], hostPorts: [31000] }, ['10.0.0.1', '10.0.0.1', '10.0.0.1']],
  ['bridge', { hostPorts: [31000] }, ['10.0.0.1', '192.168.0.1', '10.0.0.1']],
  ['bridge', {}, ['10.0.0.1', '192.168.0.1', '192.168.0.1']],
  ['bridge', { addresses: [], hostPorts: [31000] }, ['10.0.0.1', undefined, '10.0.0.1']],
  ['container', {}, ['10.0.0.1', '192.168.0.1', '192.168.0.1']],
  ['container', { hostPorts: [undefined, 31000] }, ['10.0.0.1', '192.168.0.1', '10.0.0.1']],
  ['container', { hostPorts: [31000], hostAddress: undefined }, [undefined, '192.168.0.1', '192.168.0.1']],
  ['container', { addresses: [] }, ['10.0.0.1', undefined, '10.0.0.1']],
  ['container', { addresses: [], hostAddress: undefined }, [undefined, undefined, undefined]],
] as const)("DC/OS's addresses in mode %s, of a task with %j: %j", (network, given, addresses) => {
  const zones = zonesOf([app('/nginx', [task('1', given)], { network })], { ipSources: ['host'] });
  const found = ['agentip', 'containerip', 'autoip'].map((kind) =>
    told(zones.find(`nginx.marathon.${kind}.dcos.thisdcos.directory`))?.join(),
  );
  expect(found).toEqual(addresses);
});

describe('only healthy tasks', () => {
  const one = (health: Health, i: number, given: Partial<Task> = {}): Task =>
    task(`${health}${i}`, { health, addresses: [`10.1.0.${i}`], ...given });

  test.each<[readonly Health[], readonly string[]]>([
    [
      ['alive', 'dead', 'unknown', 'failing'],
      ['10.1.0.0', '10.1.0.2'],
    ],
    [
      ['dead', 'failing'],
      ['10.1.0.0', '10.1.0.1'],
    ],
    [['dead'], ['10.1.0.0']],
    [['alive'], ['10.1.0.0']],
  ])('of %j: %j', (healths, addresses) => {
    const tasks = healths.map((health, i) => one(health, i));
    expect(told(zonesOf([app('/nginx', tasks)], { healthyOnly: true }).find(NAME))).toEqual(addresses);
    expect(told(zonesOf([app('/nginx', tasks)]).find(NAME))).toHaveLength(healths.length);
  });

  test('healthy ones that do not run, or have no address, are no reason to leave the others out', () => {
    const nowhere = { addresses: [], hostAddress: undefined };
    const tasks = [one('dead', 1), one('alive', 2, { state: 'TASK_KILLING' }), one('alive', 3, nowhere)];
    expect(told(zonesOf([app('/nginx', tasks)], { healthyOnly: true }).find(NAME))).toEqual(['10.1.0.1']);
  });
});
