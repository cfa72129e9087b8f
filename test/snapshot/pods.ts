export type Json = Readonly<Record<string, unknown>>;

export const V2 = '2021-03-02T10:00:00.000Z';

/** Pod /shop with two containers: web has an endpoint and a check, side has an endpoint. */
export function podSpec(given: Json = {}): Json {
  return {
    id: '/shop',
    version: V2,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'shop.example', HAPROXY_1_VHOST: 'admin.example' },
    networks: [{ mode: 'host' }],
    scaling: { kind: 'fixed', instances: 1 },
    containers: [
      {
        name: 'web',
        endpoints: [{ name: 'http', hostPort: 0 }],
        healthCheck: {
          http: { endpoint: 'http', path: '/up', scheme: 'HTTP' },
          gracePeriodSeconds: 30,
          intervalSeconds: 5,
          timeoutSeconds: 4,
        },
      },
      { name: 'side', endpoints: [{ name: 'admin', hostPort: 0 }] },
    ],
    ...given,
  };
}

/** One instance of it; `web` is what its container web has otherwise. */
export function podInstance(n: number, web: Json = {}, given: Json = {}): Json {
  const id = `shop.instance-${n}`;
  const healthy = [{ name: 'healthy', value: 'true', reason: 'health-reported-by-mesos' }];
  return {
    id,
    status: 'STABLE',
    agentHostname: '10.0.0.7',
    networks: [{ addresses: ['10.0.0.7'] }],
    specReference: `/v2/pods/shop::versions/${V2}`,
    containers: [
      {
        name: 'web',
        status: 'TASK_RUNNING',
        containerId: `${id}.web.1`,
        conditions: healthy,
        endpoints: [{ name: 'http', allocatedHostPort: 31_000 + n }],
        ...web,
      },
      { name: 'side', status: 'TASK_RUNNING', containerId: `${id}.side.1`, endpoints: [{ name: 'admin', allocatedHostPort: 31_001 + n }] },
    ],
    ...given,
  };
}

/** The status of pod /shop with one instance. */
export function podStatus(web: Json = {}, instance: Json = {}): Json {
  return { id: '/shop', status: 'STABLE', spec: podSpec(), instances: [podInstance(1, web, instance)] };
}
