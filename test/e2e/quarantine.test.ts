import { expect, jest, test } from '@jest/globals';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startBackend } from '../../src/demo/backends.ts';
import type { AppForm } from '../../src/demo/marathon.ts';
import { clusters, type Cluster } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { freePorts, occupy } from './ports.ts';
import { writeSlowHaproxy } from './slow-haproxy.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(180_000);

const makeCluster = clusters();
const ADDRESS = '127.60.0.1';
const OTHER_ADDRESS = '127.60.0.2';
const APPS = 1_000;

type Labels = Readonly<Record<string, string>>;

/** Five apps with something that HAProxy does not take, by number: each found at another step of its reading. */
const BAD: Readonly<Record<number, Labels>> = {
  11: { HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option forwardfor\n  nonsense on stilts\n' },
  252: { HAPROXY_0_FRONTEND_HEAD: 'frontend {backend}\n  bind {bindAddr}:{servicePort} nosuchword\n  mode http\n' },
  493: { HAPROXY_0_BACKEND_SERVER_OPTIONS: '  server {serverName} {host_ipv4}:{port} nosuchoption\n' },
  734: { HAPROXY_0_BACKEND_HEAD: 'backend {backend}\n  balance perhaps\n  mode {mode}\n' },
  975: { HAPROXY_0_HTTP_FRONTEND_ACL: '  acl own hdr(host) own.acme.org\n  use_backend nowhere if own\n' },
};

const hostOf = (n: number): string => `app-${n}.acme.org`;

/** So many apps, numbered, behind one server. */
async function makeApps({ marathon, ports, ends }: Cluster, labelsOf: (n: number) => Labels) {
  const servicePorts = await freePorts(APPS);
  for (const address of [ADDRESS, OTHER_ADDRESS]) {
    const backend = await startBackend({ address, port: ports.container, name: 'many' });
    ends.push(() => backend.close());
  }
  const appOf = (n: number, labels: Labels = {}): AppForm => ({
    id: `/app-${n}`,
    instances: 1,
    network: 'container',
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: hostOf(n), ...labels },
    ports: [{ containerPort: ports.container, servicePort: servicePorts[n] ?? 0 }],
  });
  const addTask = (n: number, address: string): void => {
    marathon.addTask(`/app-${n}`, { host: '172.24.197.101', addresses: [address] });
  };
  for (let n = 0; n < APPS; n++) {
    marathon.deploy(appOf(n, labelsOf(n)));
    addTask(n, ADDRESS);
  }
  return { appOf, addTask };
}

/** The numbers of the apps that do not answer with 200. */
async function unserved({ get }: Cluster): Promise<readonly number[]> {
  const all = Array.from({ length: APPS }, (_, n) => n);
  const bad: number[] = [];
  for (let first = 0; first < APPS; first += 100) {
    const some = all.slice(first, first + 100);
    const statuses = await Promise.all(some.map((n) => get({ host: hostOf(n) })));
    bad.push(...some.filter((_, i) => statuses[i]?.status !== '200'));
  }
  return bad;
}

test('1,000 apps, 5 of them bad: the others serve after a few validations, no event costs one, and a repaired one serves after one pass', async () => {
  const cluster = await makeCluster();
  const { marathon, folder, daemon, served } = cluster;
  const { appOf, addTask } = await makeApps(cluster, (n) => BAD[n] ?? {});
  const { bin, looks } = await writeSlowHaproxy(folder);
  const { logged, log } = daemon(['--haproxy-bin', bin]);
  await logged(/has loaded the configuration/);
  const bad = Object.keys(BAD).map(Number);
  await expect(unserved(cluster)).resolves.toEqual(bad);
  const atFirst = await looks();
  expect(atFirst).toBeLessThanOrEqual(4);
  const told = log().filter(({ code }) => code === 'refused-by-haproxy');
  expect(told.map((line) => line['app']).sort()).toEqual(bad.map((n) => `/app-${n}`).sort());
  for (const [n, labels] of Object.entries(BAD))
    expect(told.find((line) => line['app'] === `/app-${n}`)).toMatchObject({ level: 'warn', label: Object.keys(labels)[0] });

  addTask(1, OTHER_ADDRESS);
  await served([ADDRESS, OTHER_ADDRESS], { host: hostOf(1) });
  addTask(bad[0] ?? 0, OTHER_ADDRESS); // a task more is no reason to try an app again
  addTask(2, OTHER_ADDRESS);
  await served([ADDRESS, OTHER_ADDRESS], { host: hostOf(2) });
  await expect(looks()).resolves.toBe(atFirst);
  expect(reloadsIn(log())).toBe(1);

  marathon.deploy(appOf(493));
  await served([ADDRESS], { host: hostOf(493) });
  await until('a second reload in the log', () => reloadsIn(log()) === 2);
  await expect(unserved(cluster)).resolves.toEqual(bad.filter((n) => n !== 493));
  await expect(looks()).resolves.toBe(atFirst + 1);
});

test("an operator's template at fault: no app is blamed, and the last good file stays until it is mended", async () => {
  const { folder, marathon, app, otherApp, daemon, deploy, addTask, served, worker, text } = await makeCluster();
  await deploy();
  marathon.deploy(otherApp);
  const first = daemon();
  await served(FIRST);
  first.signal('SIGTERM');
  await first.ended;
  const [before, good] = [await worker(), await text()];
  const templates = path.join(folder, 'operator');
  await mkdir(templates);
  const file = path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS');
  await writeFile(file, '  nonsense on stilts\n');
  const second = daemon(['--templates-dir', templates]);
  const problem = await second.logged(/refused-by-haproxy/);
  expect(problem).not.toHaveProperty('app');
  expect(problem.msg).toMatch(/operator's template/);
  expect(problem.msg).toMatch(/unknown keyword 'nonsense'/);
  await served(FIRST);
  await expect(text()).resolves.toBe(good);
  await expect(worker()).resolves.toBe(before);
  await addTask(app.id, OTHER_ADDRESS); // what needs no reload goes on
  await served([...FIRST, OTHER_ADDRESS]);
  await expect(worker()).resolves.toBe(before);
  const told = second.log().filter(({ code, level }) => code === 'refused-by-haproxy' && level === 'warn');
  expect(told).toHaveLength(1);
  second.signal('SIGTERM');
  await second.ended;

  await rm(file);
  const third = daemon(['--templates-dir', templates]);
  await addTask(app.id, ADDRESS);
  await served([...FIRST, OTHER_ADDRESS, ADDRESS]);
  expect(third.log().filter(({ code }) => code === 'refused-by-haproxy')).toEqual([]);
});

test('a taken port, left out at the start, is bound when it is free, while Marathon is silent', async () => {
  const { marathon, ports, ends, daemon, deploy, served, get } = await makeCluster();
  const free = await occupy({ port: ports.service, ends });
  await deploy();
  const { logged } = daemon();
  await served(FIRST);
  await expect(logged(/port-conflict/)).resolves.toMatchObject({ app: '/nginx' });
  marathon.misbehave.events = 'silent';
  await free();
  await until('its port answers', async () => (await get({ port: ports.service })).status === '200');
});

test('what only shows at the reload: the app that HAProxy names is left out, and the others serve', async () => {
  const { marathon, otherApp, folder, daemon, deploy, addTask, served, get } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await served(FIRST);
  const socket = path.join(folder, 'nowhere', 'other.sock');
  const head = `frontend {backend}\n  bind ${socket}\n  mode http\n`;
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_FRONTEND_HEAD: head } });
  await addTask(otherApp.id, OTHER_ADDRESS);
  const problem = await logged(/refused-by-haproxy/);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', port: 0, label: 'HAPROXY_0_FRONTEND_HEAD' });
  expect(problem.msg).toContain('annot bind');
  await served(FIRST);
  await expect(get({ host: OTHER_HOST })).resolves.toMatchObject({ status: '503' });

  marathon.deploy(otherApp);
  await served([OTHER_ADDRESS], { host: OTHER_HOST });
  await served(FIRST);
  expect(log().filter(({ code, level }) => code === 'refused-by-haproxy' && level === 'warn')).toHaveLength(1);
});

test("a taken port that only an app's own template binds: all else goes out, its virtual host too; freed, it is bound", async () => {
  const { marathon, app, otherApp, ports, ends, daemon, deploy, addTask, served, get } = await makeCluster();
  await deploy();
  const { logged } = daemon();
  await served(FIRST);
  const [port = 0] = await freePorts(1);
  const free = await occupy({ port, ends });
  const head = `frontend {backend}\n  bind 127.0.0.1:${port}\n  mode http\n`;
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_FRONTEND_HEAD: head } });
  await addTask(otherApp.id, OTHER_ADDRESS);
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: 'more.acme.org' } });
  const problem = await logged(/port-conflict/);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', label: 'HAPROXY_0_FRONTEND_HEAD' });
  expect(problem.msg).toContain(`127.0.0.1:${port} is taken by`);
  await served(FIRST, { host: 'more.acme.org' });
  await served([OTHER_ADDRESS], { host: OTHER_HOST });
  await expect(get({ port: ports.stats, path: '/_haproxy_health_check' })).resolves.toMatchObject({ status: '200' });

  marathon.misbehave.events = 'silent';
  await free();
  await served([OTHER_ADDRESS], { port });
});
