import type { AppForm } from '../../src/demo/marathon.ts';

/** The tutorial's app: an address for each container. */
export const NGINX: AppForm = {
  id: '/nginx',
  instances: 3,
  labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org' },
  network: 'container',
  ports: [{ containerPort: 80, servicePort: 10000 }],
};
