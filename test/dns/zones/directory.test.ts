import { expect, test } from '@jest/globals';
import { makeZones } from '../../../src/dns/zones/zone.ts';
import { app, settings, snapshot, task, told } from './make.ts';

test('a change that takes the addresses of a task takes its own name, although that was asked for, and gives it back', () => {
  const make = makeZones(settings({ ipSources: ['netinfo'] }));
  const name = 'b.a-iffe9-s1.marathon.mesos';
  const own = (addresses: readonly string[]) => {
    const zones = make(snapshot(app('/a/b', [task('test', { addresses })])));
    return [name, 'a-iffe9-s1.marathon.mesos'].map((each) => told(zones.find(each)));
  };
  expect(own(['192.168.0.1'])).toEqual([['192.168.0.1'], []]);
  expect(own([])).toEqual([undefined, undefined]);
  expect(own(['192.168.0.1'])).toEqual([['192.168.0.1'], []]);
});

test('names that only look like those of an app or a task are not there', () => {
  const zones = makeZones(settings())(snapshot(app('/nginx', [task('test')])));
  for (const name of [
    '_x._nginx._tcp.marathon.mesos',
    '_nginx._udp.marathon.mesos',
    '_nginx.marathon.mesos',
    'x-iffe9-s1.marathon.mesos',
  ]) {
    expect(zones.find(name)).toBeUndefined();
  }
  expect(zones.find('_nginx._tcp.marathon.mesos')).toBe(zones.find('_nginx._tcp.marathon.mesos'));
});
