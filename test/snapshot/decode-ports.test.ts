import { expect, test } from '@jest/globals';
import { read, wireTask } from './wire.ts';

type Json = Readonly<Record<string, unknown>>;

const tcp = (container: number | undefined, service: number | undefined) => ({ container, service, onHost: true, tcp: true });
const udp = (container: number | undefined, service: number | undefined) => ({ container, service, onHost: true, tcp: false, udp: true });
/** One for which a task has no port of its agent. */
const inside = (container: number | undefined, service: number | undefined) => ({ container, service, onHost: false, tcp: true });

/** Each app shape that Marathon has had: {shape, task's packed ports} -> {network, ports, host ports by port index}. */
const SHAPES: readonly [string, Json, readonly number[], Json][] = [
  [
    '0.11 host: ports only',
    { ports: [10000, 10001], container: null },
    [31000, 31001],
    { network: 'host', ports: [tcp(undefined, 10000), tcp(undefined, 10001)], hostPorts: [31000, 31001] },
  ],
  [
    '0.11 bridge: no portDefinitions yet',
    {
      ports: [10000],
      container: { docker: { network: 'BRIDGE', portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000 }] } },
    },
    [31000],
    { network: 'bridge', ports: [tcp(80, 10000)], hostPorts: [31000] },
  ],
  [
    '1.0 host: portDefinitions before ports',
    {
      ports: [9, 9],
      portDefinitions: [
        { port: 10000, protocol: 'tcp' },
        { port: 10001, protocol: 'udp' },
      ],
      ipAddress: null,
    },
    [31000, 31001],
    { network: 'host', ports: [tcp(undefined, 10000), udp(undefined, 10001)], hostPorts: [31000, 31001] },
  ],
  [
    '1.0 docker HOST',
    { ports: [10000], container: { docker: { network: 'HOST', portMappings: null } } },
    [31000],
    { network: 'host', ports: [tcp(undefined, 10000)], hostPorts: [31000] },
  ],
  [
    '0.15 bridge',
    {
      ports: [10000],
      portDefinitions: [{ port: 10000, protocol: 'tcp' }],
      container: { docker: { network: 'BRIDGE', portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' }] } },
      ipAddress: null,
    },
    [31000],
    { network: 'bridge', ports: [tcp(80, 10000)], hostPorts: [31000] },
  ],
  [
    '1.4 Calico, docker USER: no host ports',
    {
      ports: null,
      container: { docker: { network: 'USER', portMappings: [{ containerPort: 80, servicePort: 10001, protocol: 'tcp' }] } },
      ipAddress: { discovery: { ports: [] }, networkName: 'calico' },
    },
    [],
    { network: 'container', ports: [inside(80, 10001)], hostPorts: [undefined] },
  ],
  [
    '1.4 Calico, servicePort null',
    { ports: [], container: { docker: { network: 'USER', portMappings: [{ containerPort: 8080, hostPort: 0, servicePort: null }] } } },
    [31000],
    { network: 'container', ports: [tcp(8080, undefined)], hostPorts: [31000] },
  ],
  [
    '1.3 service ports beside the mappings',
    { ports: [10007], container: { docker: { network: 'USER', portMappings: [{ containerPort: 80 }] } } },
    [],
    { network: 'container', ports: [inside(80, 10007)], hostPorts: [undefined] },
  ],
  [
    '1.4 IP per container, Mesos: discovery ports',
    {
      container: null,
      ipAddress: {
        discovery: {
          ports: [
            { number: 8080, name: 'http', protocol: 'tcp' },
            { number: 53, protocol: 'udp' },
          ],
        },
      },
    },
    [],
    { network: 'container', ports: [{ ...tcp(8080, undefined), name: 'http' }, udp(53, undefined)], hostPorts: [] },
  ],
  [
    '0.14 IP per task with ports',
    { ports: [10000], ipAddress: { groups: [], labels: {}, discovery: { ports: [{ number: 80, protocol: 'tcp' }] } } },
    [],
    { network: 'container', ports: [tcp(80, 10000)], hostPorts: [] },
  ],
  [
    '1.4 docker NONE without an address',
    { ports: [], container: { docker: { network: 'NONE', portMappings: [] } } },
    [],
    { network: 'host', ports: [], hostPorts: [] },
  ],
  [
    '1.5 host',
    { networks: [{ mode: 'host' }], portDefinitions: [{ port: 10000, name: 'default', protocol: 'tcp' }] },
    [31000],
    { network: 'host', ports: [{ ...tcp(undefined, 10000), name: 'default' }], hostPorts: [31000] },
  ],
  ['1.5 host without ports', { networks: [{ mode: 'host' }], portDefinitions: [] }, [], { network: 'host', ports: [], hostPorts: [] }],
  [
    '1.5 bridge',
    { networks: [{ mode: 'container/bridge' }], container: { portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10101 }] } },
    [31000],
    { network: 'bridge', ports: [tcp(80, 10101)], hostPorts: [31000] },
  ],
  [
    '1.5 bridge where Marathon says no host port: there is one all the same',
    { networks: [{ mode: 'container/bridge' }], container: { portMappings: [{ containerPort: 80, servicePort: 10101 }] } },
    [31000],
    { network: 'bridge', ports: [tcp(80, 10101)], hostPorts: [31000] },
  ],
  [
    '1.5 Calico',
    { networks: [{ name: 'calico', mode: 'container' }], container: { portMappings: [{ containerPort: 80, servicePort: 10001 }] } },
    [],
    { network: 'container', ports: [inside(80, 10001)], hostPorts: [undefined] },
  ],
  [
    '1.5 several networks, a mode not said',
    { networks: [{ name: 'a' }, { name: 'b' }], container: { portMappings: [{ containerPort: 80, servicePort: 10001 }] } },
    [],
    { network: 'container', ports: [inside(80, 10001)], hostPorts: [undefined] },
  ],
  [
    'holes: host ports are packed, in order of the mappings that have one',
    {
      networks: [{ name: 'calico', mode: 'container' }],
      container: {
        portMappings: [
          { containerPort: 1, servicePort: 10001 },
          { containerPort: 2, servicePort: 10002, hostPort: 0 },
          { containerPort: 3, servicePort: 10003, hostPort: null },
          { containerPort: 4, servicePort: 10004, hostPort: 31004 },
        ],
      },
    },
    [31002, 31004],
    {
      network: 'container',
      ports: [inside(1, 10001), tcp(2, 10002), inside(3, 10003), tcp(4, 10004)],
      hostPorts: [undefined, 31002, undefined, 31004],
    },
  ],
  [
    'protocols: udp, both, none said; a name that is none',
    {
      networks: [{ mode: 'container/bridge' }],
      container: {
        portMappings: [
          { containerPort: 53, servicePort: 10053, protocol: 'udp' },
          { containerPort: 54, servicePort: 10054, protocol: 'udp,tcp' },
          { containerPort: 55, servicePort: 10055, protocol: null, name: 7 },
        ],
      },
    },
    [1, 2, 3],
    { network: 'bridge', ports: [udp(53, 10053), { ...tcp(54, 10054), udp: true }, tcp(55, 10055)], hostPorts: [1, 2, 3] },
  ],
  [
    'a service port of 0 is none yet',
    { networks: [{ mode: 'host' }], portDefinitions: [{ port: 0 }, { port: 10001 }] },
    [31000, 31001],
    { network: 'host', ports: [tcp(undefined, undefined), tcp(undefined, 10001)], hostPorts: [31000, 31001] },
  ],
  [
    'a container port of 0 stays: it is that of the host',
    { networks: [{ mode: 'container' }], container: { portMappings: [{ containerPort: 0, hostPort: 0, servicePort: 10000 }] } },
    [31000],
    { network: 'container', ports: [tcp(0, 10000)], hostPorts: [31000] },
  ],
];

test.each(SHAPES)('%s', (_, shape, ports, wanted) => {
  const { definition, tasks } = read({ id: '/a', ...shape, tasks: [wireTask({ ports })] });
  expect({ network: definition.network, ports: definition.ports, hostPorts: tasks[0]?.hostPorts }).toStrictEqual(wanted);
});

test.each(SHAPES)('%s: a task that is no longer active has no ports', (_, shape) => {
  const { definition, tasks } = read({ id: '/a', ...shape, tasks: [wireTask({ ports: [], state: 'TASK_FAILED' })] });
  expect(tasks[0]?.hostPorts.every((port) => port === undefined)).toBe(true);
  expect(tasks[0]?.state).toBe('TASK_FAILED');
  expect(definition.ports).toEqual(read({ id: '/a', ...shape }).definition.ports);
});

test('addresses in a task do not make its network one of containers', () => {
  const tasks = [wireTask({ ipAddresses: [{ ipAddress: '172.17.0.2', protocol: 'IPv4' }] })];
  expect(read({ id: '/a', networks: [{ mode: 'host' }], tasks }).definition.network).toBe('host');
});
