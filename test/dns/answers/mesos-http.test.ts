import { expect, test } from '@jest/globals';
import { answerHttp, type HttpQuestion, type HttpSettings } from '../../../src/dns/answers/mesos-http.ts';
import type { Zones } from '../../../src/dns/zones/records.ts';
import { app, port, task, zonesOf } from '../zones/make.ts';

const SETTINGS: HttpSettings = {
  version: '1.2.3',
  domain: 'mesos',
  framework: 'marathon',
  dns: [{ address: '127.0.0.1', port: 8053 }],
  http: { address: '127.0.0.1', port: 8123 },
  upstreams: [
    { address: '10.0.0.3', port: 53 },
    { address: '10.0.0.4', port: 5353 },
  ],
  ipSources: ['netinfo', 'host'],
  forwardMs: 2_500,
  nameServers: { v4: ['127.0.0.1'], v6: ['::1'] },
};

/** Two tasks in containers of their own, on one agent, the second one with IPv6 too; a port of the container and one of the agent. */
const ZONES = zonesOf([
  app(
    '/shop/web',
    [
      task('web.1', { addresses: ['192.168.0.1'], hostPorts: [31000] }),
      task('web.2', { addresses: ['192.168.0.2', 'fd00::2'], hostPorts: [31001] }),
    ],
    { ports: [port({ name: 'http', onHost: true })] },
  ),
]);

function ask(path: string, given: Partial<HttpQuestion> = {}, zones: Zones | undefined = ZONES): readonly [number, string, string] {
  const answer = answerHttp({ method: 'GET', path, accept: '*/*', bodyType: undefined, ...given }, zones, SETTINGS);
  return [answer.status, answer.type, 'text' in answer ? answer.text : [...answer.pieces].join('')];
}

const body = (path: string, zones?: Zones): string => ask(path, {}, zones ?? ZONES)[2];

test('/v1/version: the keys of Mesos-DNS in their order, byte for byte', () => {
  expect(ask('/v1/version')).toEqual([
    200,
    'application/json',
    `{
  "Service": "Mesos-DNS",
  "URL": "https://github.com/mesosphere/mesos-dns",
  "Version": "marathon-lb-ts 1.2.3"
 }`,
  ]);
});

test('/v1/hosts: addresses of IPv4, then of IPv6, with the name as it was looked up', () => {
  expect(body('/v1/hosts/WEB.shop.*.marathon.mesos')).toBe(`[
  {
   "host": "web.shop.marathon.mesos.",
   "ip": "192.168.0.1"
  },
  {
   "host": "web.shop.marathon.mesos.",
   "ip": "192.168.0.2"
  },
  {
   "host": "web.shop.marathon.mesos.",
   "ip": "fd00::2"
  }
 ]`);
  expect(body('/v1/hosts/web.shop.marathon.mesos./')).toBe(body('/v1/hosts/web.shop.marathon.mesos'));
});

test.each(['/v1/hosts/leader.mesos', '/v1/hosts/nobody.marathon.mesos', '/v1/hosts/.*', '/v1/hosts/acme.org'])(
  '%s, which is not known: one object of empty texts',
  (path) => {
    expect(ask(path)).toEqual([200, 'application/json', '[\n  {\n   "host": "",\n   "ip": ""\n  }\n ]']);
  },
);

test('/v1/services: one object for each target and family, with the service as it was asked for', () => {
  const targets = ZONES.find('_web-shop._tcp.marathon.mesos')?.srv ?? [];
  expect(targets.map(({ port: number }) => number).sort()).toEqual([31000, 31001]);
  const objects = targets.flatMap(({ target, port: number }) =>
    (number === 31000 ? ['192.168.0.1'] : ['192.168.0.2', 'fd00::2']).map(
      (ip) => `  {
   "service": "_Web-shop._tcp.marathon.mesos",
   "host": "${target}.",
   "ip": "${ip}",
   "port": "${number}"
  }`,
    ),
  );
  expect(body('/v1/services/_Web-shop._tcp.marathon.mesos')).toBe(`[\n${objects.join(',\n')}\n ]`);
});

test('/v1/services of a service that is not known: one object of empty texts', () => {
  const empty = '[\n  {\n   "service": "",\n   "host": "",\n   "ip": "",\n   "port": ""\n  }\n ]';
  expect(body('/v1/services/_nobody._tcp.marathon.mesos')).toBe(empty);
});

test('what Go escapes in a text is escaped', () => {
  expect(body('/v1/hosts/%3Ca&b%3E')).toContain('"host": ""');
  const zones = { ...ZONES, find: () => ({ a: ['10.0.0.1'], aaaa: [], srv: [{ target: 'x', port: 1 }] }) };
  expect(body('/v1/services/%3Ca%26b%3E%08%0C%22%5Cb', zones)).toContain('"service": "\\u003ca\\u0026b\\u003e\\u0008\\u000c\\"\\\\b"');
});

test('/v1/enumerate: tasks with their records in the order of Mesos-DNS; what an earlier task has is not listed again', () => {
  const zones = zonesOf([
    app('/web', [task('web.1', { addresses: [], hostPorts: [31000] }), task('web.2', { addresses: [], hostPorts: [31001] })], {
      network: 'host',
      ports: [port({ name: 'http', onHost: true })],
    }),
  ]);
  const [one, two] = [...new Set(Array.from(body('/v1/enumerate', zones).matchAll(/web-([a-z0-9]{5})-s1/g), ([, hash]) => hash))];
  const record = (name: string, host: string, rtype: string): string =>
    `       {\n        "name": "${name}.",\n        "host": "${host}",\n        "rtype": "${rtype}"\n       }`;
  const srv = (hash: string | undefined, number: number): readonly string[] => [
    record('_web._tcp.marathon.slave.mesos', `web-${hash}-s1.marathon.slave.mesos.:${number}`, 'SRV'),
    record('_web._udp.marathon.slave.mesos', `web-${hash}-s1.marathon.slave.mesos.:${number}`, 'SRV'),
    record('_web._tcp.marathon.mesos', `web-${hash}-s1.marathon.mesos.:${number}`, 'SRV'),
    record('_http._web._tcp.marathon.mesos', `web-${hash}-s1.marathon.mesos.:${number}`, 'SRV'),
  ];
  const listed = (id: string, records: readonly string[]): string =>
    `     {\n      "name": "web",\n      "id": "${id}",\n      "records": [\n${records.join(',\n')}\n      ]\n     }`;
  const first = [
    record('web.marathon.mesos', '10.0.0.1', 'A'),
    record(`web-${one}-s1.marathon.mesos`, '10.0.0.1', 'A'),
    record('web.marathon.slave.mesos', '10.0.0.1', 'A'),
    record(`web-${one}-s1.marathon.slave.mesos`, '10.0.0.1', 'A'),
    ...srv(one, 31000),
  ];
  const second = [
    record(`web-${two}-s1.marathon.mesos`, '10.0.0.1', 'A'),
    record(`web-${two}-s1.marathon.slave.mesos`, '10.0.0.1', 'A'),
    ...srv(two, 31001),
  ];
  const tasks = [listed('web.1', first), listed('web.2', second)].join(',\n');
  expect(body('/v1/enumerate', zones)).toBe(
    `{\n  "frameworks": [\n   {\n    "tasks": [\n${tasks}\n    ],\n    "name": "marathon"\n   }\n  ]\n }`,
  );
});

test('/v1/enumerate and /v1/axfr without a task, byte for byte', () => {
  const empty = zonesOf([]);
  expect(body('/v1/enumerate', empty)).toBe(`{
  "frameworks": [
   {
    "tasks": [],
    "name": "marathon"
   }
  ]
 }`);
  expect(body('/v1/axfr', empty)).toBe(`{
  "TTL": 60,
  "Serial": 1,
  "RefreshSeconds": 60,
  "Mname": "ns1.mesos.",
  "Rname": "root.ns1.mesos.",
  "Domain": "mesos",
  "Records": {
   "As": {
    "ns1.mesos.": [
     "127.0.0.1"
    ]
   },
   "AAAAs": {
    "ns1.mesos.": [
     "::1"
    ]
   },
   "SRVs": {}
  }
 }`);
});

test('a task without an address has no records', () => {
  const zones = zonesOf([app('/web', [task('web.1', { hostAddress: undefined, addresses: [] })])]);
  expect(body('/v1/enumerate', zones)).toContain('"id": "web.1",\n      "records": null\n     }');
});

test('/v1/axfr: every name of the Mesos domain once, in order, as JSON.parse and Go read it', () => {
  const many = zonesOf(Array.from({ length: 5_000 }, (_, i) => app(`/a${i}`, [task(`a${i}.1`, { hostPorts: [31000 + (i % 1000)] })])));
  const { Records } = JSON.parse(body('/v1/axfr', many)) as { Records: Record<string, Record<string, readonly string[]>> };
  const names = Object.keys(Records['As'] ?? {});
  expect(names).toEqual([...names].sort());
  expect(Records['As']?.['a17.marathon.mesos.']).toEqual(['192.168.0.1']);
  expect(Records['SRVs']?.['_a17._tcp.marathon.slave.mesos.']).toEqual([
    expect.stringMatching(/^a17-.{5}-s1\.marathon\.slave\.mesos\.:31017$/),
  ]);
  expect(names.some((name) => name.includes('thisdcos'))).toBe(false);
  for (const name of names.filter((one) => one !== 'ns1.mesos.').slice(0, 500))
    expect(many.find(name.slice(0, -1))?.a).toEqual(Records['As']?.[name]);
});

test("/v1/config: Mesos-DNS's keys in its order, and no secrets", () => {
  const text = body('/v1/config', zonesOf([]));
  expect(Object.keys(JSON.parse(text) as object).join(' ')).toBe(
    'RefreshSeconds Port Timeout StateTimeoutSeconds ZkDetectionTimeout HttpPort TTL SRVRecordDefaultWeight SOASerial SOARefresh SOARetry SOAExpire SOAMinttl SOAMname SOARname Masters ZoneResolvers Resolvers IPSources Zk Domain File Listener HTTPListener RecurseOn DnsOn HttpOn ExternalOn EnforceRFC952 SetTruncateBit EnumerationOn MesosHTTPSOn CACertFile CertFile KeyFile MesosCredentials IAMConfigFile MesosAuthentication',
  );
  expect(text).toContain(`  "HttpPort": 8123,
  "TTL": 60,
  "SRVRecordDefaultWeight": 1,
  "SOASerial": 1,
  "SOARefresh": 60,
  "SOARetry": 600,
  "SOAExpire": 86400,
  "SOAMinttl": 60,
  "SOAMname": "ns1.mesos.",
  "SOARname": "root.ns1.mesos.",
  "Masters": null,
  "ZoneResolvers": {},
  "Resolvers": [
   "10.0.0.3",
   "10.0.0.4:5353"
  ],`);
  expect(text).toContain(`  "MesosCredentials": {
   "Principal": "",
   "Secret": ""
  },`);
});

const TEXT = 'text/plain; charset=utf-8';

test.each<[string, Partial<HttpQuestion>, number, string]>([
  ['/v1/hosts/a.mesos/ports', {}, 501, 'To be implemented...'],
  ['/', {}, 404, '404: Page Not Found'],
  ['/v1', {}, 404, '404: Page Not Found'],
  ['/v1/hosts', {}, 404, '404: Page Not Found'],
  ['/v1/hosts/', {}, 404, '404: Page Not Found'],
  ['/v1/version/more', {}, 404, '404: Page Not Found'],
  ['/v2/version', {}, 404, '404: Page Not Found'],
  ['/v1/version', { method: 'HEAD' }, 405, '405: Method Not Allowed'],
  ['/v1/version', { method: 'POST' }, 405, '405: Method Not Allowed'],
  ['/v1/version', { accept: 'text/html' }, 406, '406: Not Acceptable'],
  ['/v1/version', { bodyType: 'text/plain' }, 415, '415: Unsupported Media Type'],
  ['/v1/hosts/%E0%A4%A', {}, 400, '400: Bad Request'],
])('%s with %j is answered with %i', (path, given, status, words) => {
  expect(ask(path, given)).toEqual([status, TEXT, words]);
});

test.each(['application/json', 'text/html, application/json;q=0.5', '*/*', ''])('a client that accepts %j gets JSON', (accept) => {
  expect(ask('/v1/version', { accept })[0]).toBe(200);
});

test('before Marathon was read nothing is known: 503, also for the version, as Mesos-DNS does not listen then', () => {
  const answer = answerHttp({ method: 'GET', path: '/v1/version', accept: undefined, bodyType: undefined }, undefined, SETTINGS);
  expect(answer).toEqual({ status: 503, type: TEXT, text: '503: Service Unavailable' });
});
