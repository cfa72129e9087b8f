import { startBackend, type RunningBackend } from '../../src/demo/backends.ts';
import type { AppForm } from '../../src/demo/marathon.ts';
import { NGINX } from '../demo/nginx.ts';
import type { Place } from './cluster.ts';

/** The virtual host of the tutorial's app. */
export const HOST = 'mytask.acme.org';
/** Addresses of its tasks: 127.84.0.196 stands for Calico's 192.168.84.196. */
export const FIRST = ['127.84.0.196', '127.84.0.197', '127.50.0.70'] as const;

/** A task, and the server that stands for it. */
export interface RunningTask {
  readonly id: string;
  readonly backend: RunningBackend;
}

/** What can be put into a cluster's Marathon, with servers behind it. */
export interface Tasks {
  /** The tutorial's app, with ports that are free here. */
  readonly app: AppForm;
  /** Another app like it, under another virtual host and service port. */
  readonly otherApp: AppForm;
  /** Starts a server, and then the task that it stands for. */
  readonly addTask: (appId: string, address: string) => Promise<RunningTask>;
  /** Deploys the tutorial's app with its three tasks. */
  readonly deploy: () => Promise<readonly RunningTask[]>;
}

/** The virtual host of the other app. */
export const OTHER_HOST = 'other.acme.org';

/** The apps of a cluster, and servers on 127.x addresses for their tasks. */
export function makeTasks({ marathon, ports, ends }: Place): Tasks {
  const app: AppForm = { ...NGINX, ports: [{ containerPort: ports.container, servicePort: ports.service }] };
  const otherApp: AppForm = {
    ...app,
    id: '/other',
    instances: 1,
    labels: { ...app.labels, HAPROXY_0_VHOST: OTHER_HOST },
    ports: [{ containerPort: ports.container, servicePort: ports.other }],
  };
  const addTask: Tasks['addTask'] = async (appId, address) => {
    const backend = await startBackend({ address, port: ports.container, name: appId });
    ends.push(() => backend.close());
    return { id: marathon.addTask(appId, { host: '172.24.197.101', addresses: [address] }), backend };
  };
  const deploy = async (): Promise<readonly RunningTask[]> => {
    marathon.deploy(app);
    return Promise.all(FIRST.map((address) => addTask(app.id, address)));
  };
  return { app, otherApp, addTask, deploy };
}
