/** How large an estate to make up. */
export interface Estate {
  readonly apps: number;
  readonly tasks: number;
}

const VERSION = '2026-01-01T00:00:00.000Z';

/** The body of `/v2/apps?embed=apps.tasks` of a made-up estate on Calico, of about 1 kB an app and 0.8 kB a task, as Marathon 1.11 sends it; in pieces. */
export function* makeBody({ apps, tasks }: Estate): Generator<string> {
  yield '{"apps":[';
  for (let i = 0; i < apps; i++) yield `${i === 0 ? '' : ','}${JSON.stringify(makeApp(i, tasks))}`;
  yield ']}';
}

function makeApp(i: number, tasks: number): unknown {
  const id = `/team-${i % 97}/service-${i}`;
  return {
    id,
    acceptedResourceRoles: ['*'],
    backoffFactor: 1.15,
    backoffSeconds: 1,
    cmd: 'exec /usr/local/bin/service --listen 0.0.0.0:8080 --config /etc/service/config.yaml',
    container: {
      type: 'DOCKER',
      docker: {
        image: `registry.acme.org/team-${i % 97}/service-${i}:1.${i % 40}.${i % 7}`,
        forcePullImage: false,
        privileged: false,
        parameters: [],
      },
      volumes: [],
      portMappings: [{ containerPort: 8080, labels: {}, protocol: 'tcp', servicePort: 10_000 + i }],
    },
    cpus: 0.5,
    disk: 0,
    executor: '',
    instances: tasks,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `service-${i}.acme.org`, OWNER: `team-${i % 97}@acme.org` },
    healthChecks: [
      {
        gracePeriodSeconds: 30,
        ignoreHttp1xx: false,
        intervalSeconds: 10,
        maxConsecutiveFailures: 3,
        path: '/health',
        portIndex: 0,
        protocol: 'HTTP',
        timeoutSeconds: 5,
      },
    ],
    maxLaunchDelaySeconds: 300,
    mem: 512,
    gpus: 0,
    networks: [{ name: 'calico', mode: 'container' }],
    env: { JAVA_OPTS: '-Xmx384m -XX:+UseG1GC', ENVIRONMENT: 'production', LOG_LEVEL: 'info' },
    requirePorts: false,
    upgradeStrategy: { maximumOverCapacity: 1, minimumHealthCapacity: 1 },
    version: VERSION,
    versionInfo: { lastScalingAt: VERSION, lastConfigChangeAt: VERSION },
    killSelection: 'YOUNGEST_FIRST',
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    tasksStaged: 0,
    tasksRunning: tasks,
    tasksHealthy: tasks,
    tasksUnhealthy: 0,
    deployments: [],
    tasks: Array.from({ length: tasks }, (_, n) => makeTask(id, i, n)),
  };
}

function makeTask(appId: string, i: number, n: number): unknown {
  const k = i * 7 + n;
  const uuid = `${(k * 2_654_435_761).toString(16).padStart(8, '0').slice(-8)}-90bc-11e6-ae70-${k.toString(16).padStart(12, '0')}`;
  const instance = `${appId.slice(1).replaceAll('/', '_')}.instance-${uuid}`;
  return {
    ipAddresses: [{ ipAddress: `192.${168 + (k >> 16)}.${(k >> 8) & 255}.${k & 255}`, protocol: 'IPv4' }],
    stagedAt: VERSION,
    state: 'TASK_RUNNING',
    ports: [],
    startedAt: VERSION,
    version: VERSION,
    id: `${instance}._app.1`,
    appId,
    slaveId: `db7b40e2-791c-445f-b373-183e2a648a86-S${k % 250}`,
    host: `10.0.${(k % 250) >> 6}.${k % 250}`,
    localVolumes: [],
    healthCheckResults: [{ alive: true, consecutiveFailures: 0, firstSuccess: VERSION, lastSuccess: VERSION, instanceId: instance }],
    servicePorts: [],
    role: '*',
    region: 'aws/eu-central-1',
    zone: 'aws/eu-central-1a',
  };
}
