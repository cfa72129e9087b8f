import { expect, jest, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters, type Cluster } from './cluster.ts';
import { occupy } from './ports.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('a service port that another process has: all is as before, and who has it is named; freed, it is tried again without an event', async () => {
  const { marathon, otherApp, ports, ends, daemon, deploy, addTask, served, worker, traffic, text } = await makeCluster();
  await deploy();
  const { logged } = daemon();
  await logged(/has loaded/);
  const [before, good] = [await worker(), await text()];
  const { more, stop } = traffic();
  await more(20);
  const free = await occupy({ port: ports.other, ends });
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  const { reason } = await logged(/could not be brought there/);
  expect(reason).toMatch(new RegExp(`127\\.0\\.0\\.1:${ports.other} is taken by \\S+ \\(pid ${process.pid}\\)`));
  await until('the good file is back', async () => (await text()) === good);
  await more(100);
  await expect(worker()).resolves.toBe(before);

  marathon.misbehave.events = 'silent';
  await free();
  await served([FOURTH], { port: ports.other });
  await more(20);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(140);
  expect(await worker()).not.toBe(before);
});

test('the same for --once: exit 1 with the sentence, and the file before', async () => {
  const { marathon, otherApp, ports, ends, once, deploy, served, worker, text } = await makeCluster();
  await deploy();
  await once();
  const [before, good] = [await worker(), await text()];
  const free = await occupy({ port: ports.other, ends });
  marathon.deploy(otherApp);
  const { code, stderr } = await once();
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^marathon-lb-ts: [^\\n]*127\\.0\\.0\\.1:${ports.other} is taken by [^\\n]*\\n$`));
  await expect(text()).resolves.toBe(good);
  await expect(worker()).resolves.toBe(before);
  await served(FIRST);
  await free();
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  expect(await worker()).not.toBe(before);
});

test('a port that is taken when HAProxy is to start is named', async () => {
  const { ports, ends, once, deploy, worker } = await makeCluster();
  await deploy();
  await occupy({ port: ports.http, ends });
  const { code, stderr } = await once();
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${ports.http} is taken by`));
  await expect(worker()).resolves.toBe(0);
});

/** What `haproxy -c` takes, and what ends HAProxy when it starts: the worker dies, and its master ends all. */
async function writeDeadlyHead({ folder }: Cluster): Promise<readonly string[]> {
  const templates = path.join(folder, 'operator');
  await mkdir(templates);
  const head = `global\n  chroot ${path.join(folder, 'nowhere')}\ndefaults\n  mode http\n  timeout client 9s\n  timeout server 9s\n  timeout connect 9s\n`;
  await writeFile(path.join(templates, 'HAPROXY_HEAD'), head);
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
  expect(await worker()).not.toBe(before);
  await expect(once()).resolves.toMatchObject({
    code: 0,
    log: expect.arrayContaining([expect.objectContaining({ msg: 'nothing changed' })]),
  });
});

test('a reload that ends HAProxy: it is started at once with the files before, by the daemon, which says so and does not try it again', async () => {
  const cluster = await makeCluster();
  const { once, daemon, deploy, served, worker, text } = cluster;
  await deploy();
  await once();
  const [before, good] = [await worker(), await text()];
  const { logged, log } = daemon(await writeDeadlyHead(cluster));
  await until('another worker', async () => ![0, before].includes(await worker()));
  await served(FIRST);
  await until('the good file is back', async () => (await text()) === good);
  const revived = await worker();
  const asked = await once();
  expect(asked.code).toBe(1);
  expect(asked.stderr).toMatch(/Cannot chroot/);
  await expect(worker()).resolves.toBe(revived);
  expect(log().filter(({ msg }) => msg.includes('is gone'))).toEqual([]);
  await expect(logged(/Cannot chroot/)).resolves.toBeDefined();
});
