import { afterEach } from '@jest/globals';
import { startMarathon, type AppForm, type Marathon, type MarathonSettings } from '../../src/demo/marathon.ts';

/** Marathons that end with their test. */
export function marathons(): (settings?: MarathonSettings) => Promise<Marathon> {
  const running: Marathon[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((marathon) => marathon.close()));
  });
  return async (settings) => {
    const marathon = await startMarathon(settings);
    running.push(marathon);
    return marathon;
  };
}

/** The tutorial's app: an address for each container. */
export const NGINX: AppForm = {
  id: '/nginx',
  instances: 3,
  labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org' },
  network: 'container',
  ports: [{ containerPort: 80, servicePort: 10000 }],
};
