import { expect, jest, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters, type Cluster } from './cluster.ts';
import { occupy } from './ports.ts';
import { isSince } from './release.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('a service port that another process has: its app serves by virtual host, who has it is named; freed, it is bound without an event', async () => {
  const { marathon, otherApp, ports, ends, daemon, deploy, addTask, served, get, traffic } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic();
  await more(20);
  const free = await occupy({ port: ports.other, ends });
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  const problem = await logged(/port-conflict/);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', port: 0 });
  expect(problem.msg).toMatch(new RegExp(`127\\.0\\.0\\.1:${ports.other} is taken by \\S+ \\(pid ${process.pid}\\)`));
  await served([FOURTH], { host: OTHER_HOST });
  await expect(get({ port: ports.other })).resolves.not.toMatchObject({ status: '200' });
  await more(100);
  expect(log().filter(({ level }) => level === 'error')).toEqual([]);

  marathon.misbehave.events = 'silent';
  await free();
  await served([FOURTH], { port: ports.other });
  await more(20);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(140);
  await expect(logged(/a problem is gone/)).resolves.toMatchObject({ code: 'port-conflict', app: '/other' });
});

test('the same for --once: exit 0, the sentence in the log, and the rest is served', async () => {
  const { marathon, otherApp, ports, ends, once, deploy, addTask, served } = await makeCluster();
  await deploy();
  await once();
  const free = await occupy({ port: ports.other, ends });
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  const { code, stderr, log } = await once();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const told = log.filter((line) => line['code'] === 'port-conflict');
  expect(told).toHaveLength(1);
  expect(told[0]?.msg).toContain(`127.0.0.1:${ports.other} is taken by`);
  await served(FIRST);
  await served([FOURTH], { host: OTHER_HOST });
  await free();
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await served([FOURTH], { port: ports.other });
});

test('a port of the shared frontends that another process has at the start: the rest goes out, who has it is named, and freed it is bound', async () => {
  const { marathon, otherApp, ports, ends, once, daemon, deploy, addTask, served } = await makeCluster();
  await deploy();
  const free = await occupy({ port: ports.http, ends });
  const { code, log: told } = await once();
  expect(code).toBe(0);
  await served(FIRST, { port: ports.service });
  const words = new RegExp(`127\\.0\\.0\\.1:${ports.http} is taken by \\S+ \\(pid ${process.pid}\\)`);
  expect(told.filter((line) => line['code'] === 'port-conflict').map(({ msg }) => msg)).toEqual([expect.stringMatching(words)]);

  const { logged } = daemon();
  const problem = await logged(/port-conflict/);
  expect(problem).toMatchObject({ level: 'warn', msg: expect.stringMatching(words) });
  expect(problem).not.toHaveProperty('app');
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  await served([FOURTH], { port: ports.other });

  marathon.misbehave.events = 'silent';
  await free();
  await served(FIRST);
  await served([FOURTH], { host: OTHER_HOST });
  await expect(logged(/a problem is gone/)).resolves.toMatchObject({ code: 'port-conflict' });
});

/** A master of 3.1 or later keeps the worker that serves when the next one dies; before, it ends all. */
const SERVES_ON = isSince(3, 1);

/** What `haproxy -c` takes, and what ends a worker when it starts. */
async function writeDeadlyHead({ folder }: Cluster): Promise<readonly string[]> {
  const templates = path.join(folder, 'operator');
  await mkdir(templates);
  const head = `global\n  chroot ${path.join(folder, 'nowhere')}\ndefaults\n  mode http\n  timeout client 9s\n  timeout server 9s\n  timeout connect 9s\nlisten stats\n  bind {{statsBind}}\n`;
  await writeFile(path.join(templates, 'HAPROXY_HEAD.hbs'), head);
  return ['--templates-dir', templates];
}

test('a reload that ends HAProxy: it is started at once with the files before, by --once', async () => {
  const cluster = await makeCluster();
  const { once, deploy, served, worker, text } = cluster;
  await deploy();
  await once();
  const [before, good] = [await worker(), await text()];
  const { code, stderr } = await once(await writeDeadlyHead(cluster));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: [^\n]*Cannot chroot[^\n]*\n$/);
  await served(FIRST);
  await expect(text()).resolves.toBe(good);
  expect((await worker()) === before).toBe(SERVES_ON);
  await expect(once()).resolves.toMatchObject({
    code: 0,
    log: expect.arrayContaining([expect.objectContaining({ msg: 'HAProxy runs what Marathon said' })]),
  });
});

test('a reload that ends HAProxy: it is started at once with the files before, by the daemon, which says so and does not try it again', async () => {
  const cluster = await makeCluster();
  const { once, daemon, deploy, served, worker, text } = cluster;
  await deploy();
  await once();
  const [before, good] = [await worker(), await text()];
  const { logged, log } = daemon(await writeDeadlyHead(cluster));
  const problem = await logged(/refused-by-haproxy/);
  expect(problem).toMatchObject({ level: 'warn', msg: expect.stringMatching(/Cannot chroot/) });
  expect(problem).not.toHaveProperty('app');
  await served(FIRST);
  await until('the good file is back', async () => (await text()) === good);
  const revived = await worker();
  expect(revived === before).toBe(SERVES_ON);
  const asked = await once();
  expect(asked.code).toBe(1);
  expect(asked.stderr).toMatch(/Cannot chroot/);
  await expect(worker()).resolves.toBe(revived);
  expect(log().filter(({ msg }) => msg.includes('is gone'))).toEqual([]);
});
