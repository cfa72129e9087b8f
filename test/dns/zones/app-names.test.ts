import { expect, test } from '@jest/globals';
import { decodeAll } from '../../golden/cases.ts';
import { podStatus } from '../../snapshot/pods.ts';
import { allNames, app, port, task, told, zonesOf } from './make.ts';

const ID = 'nginx.48dccce7-90bc-11e6-ae70-70b3d5800001'; // -jhy6r

test('every row of the table of names, for an app of containers with a port of the agent', () => {
  const nginx = app('/nginx', [task(ID, { hostPorts: [undefined, 31001] })], {
    ports: [port({ name: 'http' }), port({ container: 53, onHost: true, udp: true })],
  });
  const [own, agent] = ['nginx-jhy6r-s1.marathon.mesos', 'nginx-jhy6r-s1.marathon.slave.mesos'];
  expect(allNames(zonesOf([nginx]))).toEqual({
    'nginx.marathon.mesos': ['192.168.0.1'],
    [own]: ['192.168.0.1'],
    'nginx.marathon.slave.mesos': ['10.0.0.1'],
    [agent]: ['10.0.0.1'],
    '_nginx._tcp.marathon.mesos': [`${own}:80`, `${own}:31001`],
    '_nginx._udp.marathon.mesos': [`${own}:31001`],
    '_http._nginx._tcp.marathon.mesos': [`${own}:80`],
    '_nginx._tcp.marathon.slave.mesos': [`${agent}:31001`],
    '_nginx._udp.marathon.slave.mesos': [`${agent}:31001`],
    'nginx.marathon.agentip.dcos.thisdcos.directory': ['10.0.0.1'],
    'nginx.marathon.containerip.dcos.thisdcos.directory': ['192.168.0.1'],
    'nginx.marathon.autoip.dcos.thisdcos.directory': ['10.0.0.1'],
  });
});

test('a nested id has names with dots and names of one label, each with services of its own', () => {
  const names = allNames(zonesOf([app('/prod/web/api', [task('test', { hostPorts: [31000] })], { ports: [port({ name: 'Main_Port' })] })]));
  expect(Object.keys(names)).toEqual(
    [
      ...['api.web.prod.marathon.mesos', 'api-web-prod.marathon.mesos'],
      ...['api.web.prod-iffe9-s1.marathon.mesos', 'api-web-prod-iffe9-s1.marathon.mesos'],
      ...['api.web.prod.marathon.slave.mesos', 'api-web-prod.marathon.slave.mesos'],
      ...['api.web.prod-iffe9-s1.marathon.slave.mesos', 'api-web-prod-iffe9-s1.marathon.slave.mesos'],
      ...['_api.web.prod._tcp.marathon.mesos', '_api-web-prod._tcp.marathon.mesos'],
      ...['_main-port._api.web.prod._tcp.marathon.mesos', '_main-port._api-web-prod._tcp.marathon.mesos'],
      ...['_api.web.prod._tcp.marathon.slave.mesos', '_api-web-prod._tcp.marathon.slave.mesos'],
      ...['_api.web.prod._udp.marathon.slave.mesos', '_api-web-prod._udp.marathon.slave.mesos'],
      ...['agentip', 'containerip', 'autoip'].map((kind) => `api-web-prod.marathon.${kind}.dcos.thisdcos.directory`),
    ].sort(),
  );
  expect(names['_api.web.prod._tcp.marathon.mesos']).toEqual(['api.web.prod-iffe9-s1.marathon.mesos:31000']);
  expect(names['_api-web-prod._tcp.marathon.mesos']).toEqual(['api-web-prod-iffe9-s1.marathon.mesos:31000']);
  expect(names['_api.web.prod._tcp.marathon.slave.mesos']).toEqual(['api.web.prod-iffe9-s1.marathon.slave.mesos:31000']);
});

test.each([
  ['marathon.prod', 'b.a.marathon.prod.mesos', 'b-a.marathon-prod.containerip.dcos.thisdcos.directory'],
  ['dev/marathon', 'b.a.devmarathon.mesos', 'b-a.devmarathon.containerip.dcos.thisdcos.directory'],
])('a Marathon called %s', (framework, mesos, dcos) => {
  const zones = zonesOf([app('/a/b', [task('test')])], { framework });
  expect(told(zones.find(mesos))).toEqual(['192.168.0.1']);
  expect(told(zones.find(mesos.replace('.mesos', '.slave.mesos')))).toEqual(['10.0.0.1']);
  expect(told(zones.find(dcos))).toEqual(['192.168.0.1']);
  expect(told(zones.find('prod.mesos'))).toEqual(framework === 'marathon.prod' ? [] : undefined);
});

test('the tasks of an app share its names, in order whatever theirs is', () => {
  const tasks = [task('2', { addresses: ['10.1.0.2', 'fd00::2'] }), task('1', { addresses: ['10.1.0.1', 'fd00::1', 'fe80::1%eth0'] })];
  const zones = zonesOf([app('/nginx', tasks)]);
  expect(zones.find('nginx.marathon.mesos')).toEqual({ a: ['10.1.0.1', '10.1.0.2'], aaaa: ['fd00::1', 'fd00::2'], srv: [] });
  expect(zones.find('nginx.marathon.slave.mesos')).toEqual({ a: ['10.0.0.1'], aaaa: [], srv: [] });
  expect(zones.find('nginx.marathon.containerip.dcos.thisdcos.directory')?.aaaa).toEqual(['fd00::1', 'fd00::2']);
  const targets = zones.find('_nginx._tcp.marathon.mesos')?.srv.map(({ target }) => told(zones.find(target)));
  expect(targets).toHaveLength(2);
  expect(targets).toContainEqual(['10.1.0.1', 'fd00::1']);
});

test('the agent may have an address of IPv6', () => {
  const zones = zonesOf([app('/nginx', [task('1', { hostAddress: 'fd00::7' })])], { ipSources: ['host'] });
  for (const name of ['nginx.marathon.mesos', 'nginx.marathon.slave.mesos', 'nginx.marathon.agentip.dcos.thisdcos.directory'])
    expect(zones.find(name)).toEqual({ a: [], aaaa: ['fd00::7'], srv: [] });
});

test.each([
  ['host', [31000], [31000]],
  ['host', [], []],
  ['bridge', [31000], [31000]],
  ['bridge', [], []],
  ['container', [], [8080]],
  ['container', [31000], [31000]],
] as const)('discovered in mode %s with host ports %j: %j', (network, hostPorts, ports) => {
  const zones = zonesOf([app('/nginx', [task(ID, { hostPorts })], { network, ports: [port({ container: 8080 })] })]);
  const found = zones.find('_nginx._tcp.marathon.mesos')?.srv.map((one) => one.port);
  expect(found).toEqual(ports.length === 0 ? undefined : ports);
});

test('a container port that is the same as the host port is not told without it', () => {
  const zones = zonesOf([app('/nginx', [task(ID)], { ports: [port({ container: 0 })] })]);
  expect(zones.find('_nginx._tcp.marathon.mesos')).toBeUndefined();
});

test('a task of an older version has the ports of that version', () => {
  const older = app('/nginx', [], { ports: [port({ container: 81, name: 'old' })] }).definition;
  const zones = zonesOf([app('/nginx', [task(ID, { of: older }), task('test')])]);
  const [target, other] = ['nginx-jhy6r-s1.marathon.mesos', 'nginx-iffe9-s1.marathon.mesos'];
  expect(told(zones.find('_nginx._tcp.marathon.mesos'))).toEqual([`${other}:80`, `${target}:81`]);
  expect(told(zones.find('_old._nginx._tcp.marathon.mesos'))).toEqual([`${target}:81`]);
});

test('without the id of its agent a task is marked by its hash alone', () => {
  const { agent, ...lost } = task(ID);
  expect(agent).toBeDefined();
  const zones = zonesOf([app('/nginx', [lost])]);
  expect(told(zones.find('_nginx._tcp.marathon.mesos'))).toEqual(['nginx-jhy6r.marathon.mesos:80']);
  expect(told(zones.find('nginx-jhy6r.marathon.mesos'))).toEqual(['192.168.0.1']);
});

test.each([
  ['TASK_RUNNING', true],
  ['', true],
  ['TASK_STAGING', false],
  ['TASK_STARTING', false],
  ['TASK_KILLING', false],
  ['TASK_UNREACHABLE', false],
  ['TASK_LOST', false],
  ['TASK_FINISHED', false],
])('a task in state %j has names: %j', (state, has) => {
  expect(zonesOf([app('/nginx', [task(ID, { state })])]).find('nginx.marathon.mesos') !== undefined).toBe(has);
});

test('apps of whatever group, or of none, have names', () => {
  expect(told(zonesOf([app('/nginx', [task(ID)])]).find('nginx.marathon.mesos'))).toEqual(['192.168.0.1']);
});

test('all containers of a pod share the names of the pod, and each has the services of its own endpoints', () => {
  const names = allNames(zonesOf(decodeAll([podStatus()]).apps));
  expect(names['shop.marathon.mesos']).toEqual(['10.0.0.7']);
  expect(names['_http._shop._tcp.marathon.mesos']).toEqual([expect.stringMatching(/^shop-\w+\.marathon\.mesos:31001$/)]);
  expect(names['_admin._shop._tcp.marathon.mesos']).toEqual([expect.stringMatching(/^shop-\w+\.marathon\.mesos:31002$/)]);
  expect(names['shop.marathon.agentip.dcos.thisdcos.directory']).toEqual(['10.0.0.7']);
});

test('an endpoint in a container network has one service, not one for each container of the pod', () => {
  const containers = ['web', 'log'].map((name, i) => ({ name, endpoints: [{ name: `e-${name}`, containerPort: 80 + i }] }));
  const spec = { id: '/shop', networks: [{ mode: 'container', name: 'calico' }], containers };
  const status = ['web', 'log'].map((name) => ({ name, status: 'TASK_RUNNING', containerId: `shop.instance-1.${name}.1`, endpoints: [{ name: `e-${name}` }] })); // prettier-ignore
  const networks = [{ name: 'calico', addresses: ['192.168.84.1'] }];
  const { apps } = decodeAll([
    { id: '/shop', spec, instances: [{ id: 'shop.instance-1', agentHostname: '10.0.0.7', networks, containers: status }] },
  ]);
  const names = allNames(zonesOf(apps));
  expect(names['shop.marathon.mesos']).toEqual(['192.168.84.1']);
  expect(names['_shop._tcp.marathon.mesos']).toHaveLength(2);
  expect(names['_e-web._shop._tcp.marathon.mesos']).toEqual([expect.stringMatching(/:80$/)]);
});
