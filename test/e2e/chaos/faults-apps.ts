import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AppForm } from '../../../src/demo/marathon.ts';
import type { FleetTask } from '../fleet.ts';
import { freePorts, occupy } from '../ports.ts';
import { appOf, APPS, CHECKED, type Estate } from './estate.ts';
import type { Fault } from './trial.ts';

/** What HAProxy does not take, each found at another step of its reading. */
const BAD: readonly Readonly<Record<string, string>>[] = [
  { HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option forwardfor\n  nonsense on stilts\n' },
  { HAPROXY_0_FRONTEND_HEAD: 'frontend {backend}\n  bind {bindAddr}:{servicePort} nosuchword\n  mode http\n' },
  { HAPROXY_0_BACKEND_SERVER_OPTIONS: '  server {serverName} {host_ipv4}:{port} nosuchoption\n' },
  { HAPROXY_0_BACKEND_HEAD: 'backend {backend}\n  balance perhaps\n  mode {mode}\n' },
  { HAPROXY_0_HTTP_FRONTEND_ACL: '  acl own hdr(host) own.acme.org\n  use_backend nowhere if own\n' },
];

/** Spare app n, with a task, until it is mended by `good`, which is then deployed in its place, or by its removal. */
function deploying(what: string, makeApps: (estate: Estate) => readonly AppForm[], repaired?: (app: AppForm, n: number) => AppForm): Fault {
  return {
    what,
    break: async (estate) => {
      const { fleet, cluster } = estate;
      const apps = makeApps(estate);
      const tasks: FleetTask[] = [];
      for (const app of apps) {
        cluster.marathon.deploy(app);
        tasks.push(await fleet.start(app));
      }
      return async () => {
        for (const [i, app] of apps.entries()) {
          if (repaired !== undefined) cluster.marathon.deploy(repaired(app, i));
          else cluster.marathon.remove(app.id);
        }
        if (repaired === undefined) await Promise.all(tasks.map(({ backend }) => backend.close()));
      };
    },
  };
}

const spare = ({ fleet }: Pick<Estate, 'fleet'>, n: number): AppForm => ({ ...appOf(fleet, APPS + n), instances: 1 });

function withLabels(app: AppForm, labels: Readonly<Record<string, string>>): AppForm {
  return { ...app, labels: { ...app.labels, ...labels } };
}

const withoutBad = (app: AppForm): AppForm => {
  const { HAPROXY_GROUP = '', HAPROXY_0_VHOST = '' } = app.labels ?? {};
  return { ...app, labels: { HAPROXY_GROUP, HAPROXY_0_VHOST } };
};

/** An app of which `haproxy -c` reads a file that never comes: in quotes, where it is not looked into before. */
const endlessCheck: Fault = {
  what: "haproxy -c does not end over a new app's label",
  lastsMs: 60_000,
  break: async (estate) => {
    const fifo = path.join(estate.cluster.folder, 'fifo');
    await promisify(execFile)('mkfifo', [fifo]);
    const app = withLabels(spare(estate, 11), { HAPROXY_0_BACKEND_HTTP_OPTIONS: `  errorfile 503 "${fifo}"\n` });
    estate.cluster.marathon.deploy(app);
    const task = await estate.fleet.start(app);
    return async () => {
      estate.cluster.marathon.remove(app.id);
      await task.backend.close();
      await rm(fifo);
    };
  },
};

/** An app that names a file which is none. */
const pipeOfLabel: Fault = {
  what: 'an app whose label names a pipe as a file',
  break: async (estate) => {
    const fifo = path.join(estate.cluster.folder, 'pipe');
    await promisify(execFile)('mkfifo', [fifo]);
    const app = withLabels(spare(estate, 8), { HAPROXY_0_BIND_OPTIONS: `ssl crt ${fifo}` });
    estate.cluster.marathon.deploy(app);
    const task = await estate.fleet.start(app);
    return async () => {
      estate.cluster.marathon.remove(app.id);
      await task.backend.close();
      await rm(fifo);
    };
  },
};

const WIDE = 80;

/** Two apps with many ports, of which the descriptors suffice for one. */
const lackOfDescriptors: Fault = {
  what: 'an app whose ports need more file descriptors than there are',
  break: async (estate) => {
    const { daemons, cluster } = estate;
    const asRoot = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-sys_resource', '--inh-caps=-sys_resource'] : [];
    await daemons.end('SIGTERM');
    daemons.start({ before: [...asRoot, 'sh', '-c', 'ulimit -n 1000 && exec "$@"', 'sh'], words: ['--maxconn', '410'] });
    const ports = await freePorts(2 * WIDE);
    const apps = [0, WIDE].map((first, i): AppForm => {
      const own = ports.slice(first, first + WIDE).map((servicePort, n) => ({ containerPort: 8_000 + n, servicePort }));
      return { ...spare(estate, 6 + i), labels: { HAPROXY_GROUP: 'external' }, ports: own };
    });
    for (const app of apps) cluster.marathon.deploy(app);
    return async () => {
      for (const app of apps) cluster.marathon.remove(app.id);
      await daemons.end('SIGTERM');
      daemons.start();
    };
  },
};

const takenPort: Fault = {
  what: "another process has a new app's port",
  break: async (estate) => {
    const { cluster, fleet } = estate;
    const app = spare(estate, 10);
    const free = await occupy({ port: app.ports?.[0]?.servicePort ?? 0, ends: cluster.ends });
    cluster.marathon.deploy(app);
    await fleet.start(app);
    return free;
  },
};

const badTemplate: Fault = {
  what: "a template of the operator's that HAProxy refuses",
  break: async ({ templates, daemons }) => {
    const file = path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS');
    await writeFile(file, '  nonsense on stilts\n');
    await daemons.end('SIGTERM');
    daemons.start();
    return async () => {
      await rm(file);
      await daemons.end('SIGTERM');
      daemons.start();
    };
  },
};

const deadServer: Fault = {
  what: 'a server dies, and Marathon does not know',
  break: async (estate) => {
    const [first, ...rest] = estate.tasks.get(CHECKED) ?? [];
    if (first === undefined) throw new Error('the checked app has no task');
    await first.backend.close();
    return async () => {
      const { marathon } = estate.cluster;
      marathon.setTaskState(first.app, first.id, 'TASK_FAILED');
      estate.tasks.set(CHECKED, [...rest, await estate.fleet.start(appOf(estate.fleet, CHECKED), { health: true })]);
    };
  },
};

/** What those who deploy apps can do to each other, and the operator to them. */
export const APP_FAULTS: readonly Fault[] = [
  deploying('an app with a label that HAProxy refuses', (estate) => [withLabels(spare(estate, 0), BAD[0] ?? {})], withoutBad),
  deploying(
    'ten such apps at once',
    (estate) => Array.from({ length: 10 }, (_, i) => withLabels(spare(estate, i), BAD[i % BAD.length] ?? {})),
    withoutBad,
  ),
  deploying("an app that wants another app's port", (estate) => {
    const [app, victim] = [spare(estate, 11), appOf(estate.fleet, 0)];
    return [{ ...app, ports: victim.ports ?? [] }];
  }),
  takenPort,
  deploying('an app whose port is bound on an interface that is not here', (estate) => [
    withLabels(spare(estate, 9), { HAPROXY_0_BIND_OPTIONS: 'interface no-such0' }),
  ]),
  endlessCheck,
  pipeOfLabel,
  lackOfDescriptors,
  badTemplate,
  deadServer,
];
