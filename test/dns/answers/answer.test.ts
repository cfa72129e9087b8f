import { expect, test } from '@jest/globals';
import { answer, type DnsAnswer } from '../../../src/dns/answers/answer.ts';
import { makeMayKnow } from '../../../src/dns/answers/foreign-names.ts';
import { ADDRESSES, makeZones, NGINX } from '../zones/zones.ts';

const ZONES = makeZones(NGINX, { serial: 7 });

const NOBODY: (name: string) => boolean = () => false;

function say(name: string, type = 'A', { klass = 'IN', mayKnow = NOBODY } = {}): DnsAnswer | 'elsewhere' {
  return answer({ name, type, class: klass }, ZONES, { mayKnow });
}

/** In words: 'NOERROR aa | A 1.2.3.4 | SOA mesos | '. */
function inWords(said: DnsAnswer | 'elsewhere'): string {
  if (said === 'elsewhere') return said;
  const list = (records: DnsAnswer['answers']): string =>
    records
      .map(({ name, type, data }) => `${type} ${type === 'SOA' ? name : type === 'SRV' ? `${data.target}:${data.port}` : data}`)
      .join(', ');
  return `${said.rcode}${said.aa ? ' aa' : ''} | ${[said.answers, said.authority, said.additional].map(list).join(' | ')}`.trim();
}

const [FIRST, SECOND, THIRD] = ADDRESSES;
const ALL = `A ${FIRST}, A ${SECOND}, A ${THIRD}`;
const SRV = ['nginx-jhy6r-s1', 'nginx-iffe9-s2', 'nginx-tzrok-s1'].map((name) => `SRV ${name}.marathon.mesos:80`).join(', ');

test.each([
  ['nginx.marathon.mesos', 'A', `NOERROR aa | ${ALL} |  |`],
  ['nginx.marathon.mesos', 'AAAA', 'NOERROR aa | AAAA fd00::1 |  |'],
  ['nginx.marathon.mesos', 'ANY', `NOERROR aa | ${ALL} |  |`],
  ['nginx.marathon.mesos', 'SRV', 'NOERROR aa |  | SOA mesos |'],
  ['nginx.marathon.mesos', 'TXT', 'NOERROR aa |  | SOA mesos |'],
  ['nginx.marathon.mesos', 'SOA', 'NOERROR aa |  | SOA mesos |'],
  ['nginx.marathon.mesos', 'UNKNOWN_65', 'NOERROR aa |  | SOA mesos |'],
  ['v4.marathon.mesos', 'AAAA', 'NOERROR aa |  | SOA mesos |'],
  ['_nginx._tcp.marathon.mesos', 'SRV', `NOERROR aa | ${SRV} |  | ${ALL}`],
  ['_nginx._tcp.marathon.mesos', 'ANY', `NOERROR aa | ${SRV} |  | ${ALL}`],
  ['_nginx._tcp.marathon.mesos', 'A', 'NOERROR aa |  | SOA mesos |'],
  ['marathon.mesos', 'A', 'NOERROR aa |  | SOA mesos |'],
  ['nobody.marathon.mesos', 'A', 'NXDOMAIN aa |  | SOA mesos |'],
  ['nobody.marathon.mesos', 'ANY', 'NXDOMAIN aa |  | SOA mesos |'],
  ['nobody.marathon.mesos', 'TXT', 'NXDOMAIN aa |  | SOA mesos |'],
  ['nobody.marathon.mesos', 'SRV', 'NOERROR aa |  | SOA mesos |'],
  ['nobody.marathon.mesos', 'SOA', 'NOERROR aa |  | SOA mesos |'],
  ['nobody.marathon.mesos', 'NS', 'NOERROR aa |  | SOA mesos |'],
  ['nobody.marathon.containerip.dcos.thisdcos.directory', 'SRV', 'NXDOMAIN aa |  | SOA dcos.thisdcos.directory |'],
  ['nginx.marathon.containerip.dcos.thisdcos.directory', 'A', `NOERROR aa | ${ALL} |  |`],
  ['mesos', 'SOA', 'NOERROR aa | SOA mesos |  |'],
  ['mesos', 'ANY', 'NOERROR aa | SOA mesos |  |'],
  ['mesos', 'NS', 'NOERROR aa | NS ns1.mesos |  | A 127.0.0.1'],
  ['mesos', 'A', 'NOERROR aa |  | SOA mesos |'],
  ['dcos.thisdcos.directory', 'NS', 'NOERROR aa | NS ns.spartan |  |'],
  ['nginx.*.marathon.mesos', 'A', `NOERROR aa | ${ALL} |  |`],
  ['_nginx.*._tcp.*.marathon.mesos', 'SRV', `NOERROR aa | ${SRV} |  | ${ALL}`],
  ['*.nginx.marathon.mesos', 'A', 'NXDOMAIN aa |  | SOA mesos |'],
  ['leader.mesos', 'A', 'NXDOMAIN aa |  | SOA mesos |'],
  ['acme.org', 'A', 'elsewhere'],
  ['notmesos', 'A', 'elsewhere'],
  ['', 'NS', 'elsewhere'],
])('%s %s: %s', (name, type, said) => {
  expect(inWords(say(name, type))).toBe(said);
});

test('a SOA has the serial of the zones, and TTLs are those of the zone', () => {
  expect(say('mesos', 'SOA')).toMatchObject({ answers: [{ ttl: 60, data: { serial: 7, mname: 'ns1.mesos', minimum: 60 } }] });
  expect(say('_nginx._tcp.marathon.mesos', 'SRV')).toMatchObject({ answers: Array(3).fill({ ttl: 60, data: { priority: 0, weight: 1 } }) });
  expect(say('nginx.marathon.containerip.dcos.thisdcos.directory')).toMatchObject({ answers: Array(3).fill({ ttl: 5 }) });
  expect(say('dcos.thisdcos.directory', 'NS')).toMatchObject({ answers: [{ ttl: 3_600 }] });
});

test('with what is not there the SOA has the TTL that this may be kept for, where that is shorter than its own', () => {
  for (const name of ['nobody', 'nginx']) {
    const negative = say(`${name}.marathon.containerip.dcos.thisdcos.directory`, 'AAAA');
    expect(negative).toMatchObject({ answers: [], authority: [{ type: 'SOA', ttl: 1, data: { minimum: 1 } }] });
  }
  expect(say('nobody.marathon.mesos')).toMatchObject({ authority: [{ ttl: 60 }] });
  expect(say('dcos.thisdcos.directory', 'SOA')).toMatchObject({ answers: [{ ttl: 5 }] });
});

test.each(['CH', 'HS', 'ANY', 'UNKNOWN_9'])('class %s is refused', (klass) => {
  expect(inWords(say('version.bind', 'TXT', { klass }))).toBe('REFUSED |  |  |');
  expect(inWords(say('nginx.marathon.mesos', 'A', { klass }))).toBe('REFUSED |  |  |');
});

const mayKnow = makeMayKnow({ domain: 'mesos', framework: 'marathon' });

test.each([
  ['leader.mesos', 'elsewhere'],
  ['marathon.mesos', 'elsewhere'],
  ['slave.mesos', 'elsewhere'],
  ['kafka.mesos', 'elsewhere'],
  ['broker-0.kafka.mesos', 'elsewhere'],
  ['_framework._tcp.marathon.mesos', 'elsewhere'],
  ['nobody.marathon.mesos', 'NXDOMAIN aa |  | SOA mesos |'],
  ['nobody.marathon.slave.mesos', 'NXDOMAIN aa |  | SOA mesos |'],
  ['_tcp.marathon.mesos', 'NOERROR aa |  | SOA mesos |'],
  ['nobody.marathon.agentip.dcos.thisdcos.directory', 'NXDOMAIN aa |  | SOA dcos.thisdcos.directory |'],
  ['mesos', 'NOERROR aa |  | SOA mesos |'],
  ['ns1.mesos', 'NOERROR aa | A 127.0.0.1 |  |'],
  ['nginx.marathon.mesos', `NOERROR aa | ${ALL} |  |`],
])('with an upstream that may know others, %s: %s', (name, said) => {
  expect(inWords(say(name, 'A', { mayKnow }))).toBe(said);
});

test('the same name twice is one address record in additional', () => {
  const twice = makeZones({
    '_a._tcp.marathon.mesos': { srv: [80, 81].map((port) => ({ target: 'a-x-s1.marathon.mesos', port })) },
    'a-x-s1.marathon.mesos': { a: [FIRST], aaaa: ['fd00::2'] },
  });
  const said = answer({ name: '_a._tcp.marathon.mesos', type: 'SRV', class: 'IN' }, twice, { mayKnow: () => false });
  expect(inWords(said).split(' | ').at(-1)).toBe(`A ${FIRST}, AAAA fd00::2`);
});
