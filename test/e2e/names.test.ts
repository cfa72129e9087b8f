import { beforeAll, expect, jest, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { clusters, type Cluster } from './cluster.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();
beforeAll(needMounts);
const NAME = 'api.names.test';
const OTHER = '127.60.0.9';

/** An ordinary user is root in a namespace of its own. */
const UNSHARE = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--mount'] as const;

/** Throws a sentence where this machine allows no mount namespace. */
async function needMounts(): Promise<void> {
  const [program, ...words] = UNSHARE;
  const { failed, shortMessage } = await execa(program, [...words, 'true'], { reject: false });
  if (failed)
    throw new Error(`these tests need an /etc/hosts of their own, for which ${UNSHARE.join(' ')} has to be allowed: ${shortMessage}`);
}

/** An /etc/hosts of the test's own, that the daemon and HAProxy see as that of the machine; and what is in front of the daemon for it. */
async function makeHosts({ folder }: Cluster) {
  const file = path.join(folder, 'hosts');
  const write = (...lines: readonly string[]): Promise<void> => writeFile(file, ['127.0.0.1 localhost', ...lines, ''].join('\n'));
  await write();
  const before = [...UNSHARE, 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', file];
  return { write, before };
}

test('a server whose name does not resolve costs nobody else anything, and serves when the name is back; away again, it serves on', async () => {
  const cluster = await makeCluster();
  const { marathon, app, otherApp, ports, daemon, deploy, addTask, served, get } = cluster;
  const { write, before } = await makeHosts(cluster);
  await deploy();
  const label = { HAPROXY_0_BACKEND_SERVER_OPTIONS: `  server api ${NAME}:${ports.container} check inter 200ms\n` };
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, ...label } });
  await addTask(otherApp.id, OTHER);
  const { logged, log } = daemon([], { before });
  await served(FIRST);
  const problem = await logged(/name-unresolved/);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', port: 0, label: 'HAPROXY_0_BACKEND_SERVER_OPTIONS' });
  expect(problem.msg).toContain(NAME);
  await expect(get({ host: OTHER_HOST })).resolves.toMatchObject({ status: '503' });

  await write(`${OTHER} ${NAME}`);
  await served([OTHER], { host: OTHER_HOST });
  await logged(/name-resolved/);

  await write();
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: 'more.acme.org' } }); // a reload
  await served(FIRST, { host: 'more.acme.org' });
  await served([OTHER], { host: OTHER_HOST });
  expect(log().filter(({ code, level }) => code === 'name-unresolved' && level === 'warn')).toHaveLength(1);
  expect(log().filter(({ code }) => code === 'refused-by-haproxy')).toEqual([]);
});

test("an app's file that is missing: only that app is out, and it comes back by itself when the file is there", async () => {
  const { marathon, otherApp, folder, daemon, deploy, addTask, served, get } = await makeCluster();
  await deploy();
  const file = path.join(folder, '503.http');
  const label = { HAPROXY_0_BACKEND_HTTP_OPTIONS: `  option forwardfor\n  errorfile 503 ${file}\n` };
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, ...label } });
  await addTask(otherApp.id, OTHER);
  const { logged } = daemon();
  await served(FIRST);
  const problem = await logged(/"code":"file"/);
  expect(problem).toMatchObject({ app: '/other', port: 0, label: 'HAPROXY_0_BACKEND_HTTP_OPTIONS' });
  expect(JSON.stringify(problem)).toContain(file);
  await expect(get({ host: OTHER_HOST })).resolves.toMatchObject({ status: '503' });
  await writeFile(file, 'HTTP/1.0 503 Service Unavailable\r\n\r\nsorry\n');
  await until('the other app answers', async () => (await get({ host: OTHER_HOST })).status === '200');
});

test("an operator's file that is missing: the configuration before it serves on, and the new one is taken when the file is there", async () => {
  const { folder, daemon, deploy, app, marathon, served, get } = await makeCluster();
  await deploy();
  const first = daemon();
  await served(FIRST);
  first.signal('SIGTERM');
  await first.ended;
  const templates = path.join(folder, 'operator');
  const file = path.join(folder, 'rules');
  await mkdir(templates);
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS'), `  http-request deny if { src -f ${file} }\n`);
  const second = daemon(['--templates-dir', templates]);
  const problem = await second.logged(/refused-by-haproxy/);
  expect(JSON.stringify(problem)).toContain('tried again after growing waits');
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: 'more.acme.org' } });
  await served(FIRST);
  await expect(get({ host: 'more.acme.org' })).resolves.toMatchObject({ status: '503' });
  await writeFile(file, '192.0.2.1\n');
  await served(FIRST, { host: 'more.acme.org' });
});
