import { decodeApp } from '../../src/snapshot/decode.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { App } from '../../src/model/snapshot.ts';

export const VERSION = '2017-07-19T17:34:41.967Z';

type Json = Readonly<Record<string, unknown>>;

/** A task as Marathon sends it; keys of `given` that are undefined are absent. */
export function wireTask(given: Json = {}): Json {
  return {
    id: 'shop.0001',
    appId: '/shop',
    host: '172.24.197.101',
    ports: [31001],
    ipAddresses: [{ ipAddress: '192.168.84.196', protocol: 'IPv4' }],
    state: 'TASK_RUNNING',
    version: VERSION,
    ...given,
  };
}

/** Marathon 1.5 and later: bridge mode, one port, one task. */
export function wireApp(given: Json = {}): Json {
  return {
    id: '/shop',
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'shop.acme.org' },
    version: VERSION,
    versionInfo: { lastScalingAt: VERSION, lastConfigChangeAt: VERSION },
    networks: [{ mode: 'container/bridge' }],
    container: { type: 'DOCKER', portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' }] },
    healthChecks: [
      {
        protocol: 'HTTP',
        path: '/health',
        portIndex: 0,
        gracePeriodSeconds: 15,
        intervalSeconds: 3,
        timeoutSeconds: 2,
        maxConsecutiveFailures: 10,
      },
    ],
    tasks: [wireTask({ healthCheckResults: [{ alive: true, firstSuccess: VERSION, lastSuccess: VERSION }] })],
    ...given,
  };
}

/** All that is read of an app while it is deployed, in the forms of all versions at once. */
export function wholeApp(id = '/shop'): Json {
  const portMappings = [{ containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' }];
  const result = { alive: true, consecutiveFailures: 0, firstSuccess: VERSION, lastSuccess: VERSION, lastFailure: null };
  const task = `${id.slice(1)}.0001`;
  return wireApp({
    id,
    ports: [10000],
    portDefinitions: [{ port: 10000, protocol: 'tcp', name: 'http', labels: {} }],
    ipAddress: { discovery: { ports: [{ number: 80, name: 'http', protocol: 'tcp' }] }, networkName: 'calico' },
    container: { docker: { network: 'USER', portMappings }, portMappings },
    readinessChecks: [{ name: 'ready', portName: 'http' }],
    deployments: [{ id: 'd' }],
    readinessCheckResults: [{ name: 'ready', taskId: task, ready: true, lastResponse: { status: 200 } }],
    tasks: [wireTask({ id: task, stagedAt: VERSION, startedAt: VERSION, healthCheckResults: [result] })],
  });
}

/** The app of a JSON that can be read. */
export function read(json: Json): App {
  const decoded = decodeApp(JSON.stringify(json));
  if ('problem' in decoded) throw new Error(decoded.problem.message);
  return decoded.app;
}

/** The Problem of a JSON that can't be read. */
export function refuse(json: unknown): Problem {
  const decoded = decodeApp(JSON.stringify(json));
  if ('app' in decoded) throw new Error(`${decoded.app.id} was read`);
  return decoded.problem;
}
