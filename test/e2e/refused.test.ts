import { expect, jest, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters, type Cluster } from './cluster.ts';
import { freePorts } from './ports.ts';
import { writeSlowHaproxy } from './slow-haproxy.ts';
import { FIRST, HOST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';
const MORE_HOST = 'more.acme.org';
const BAD = { HAPROXY_0_BACKEND_HTTP_OPTIONS: '  nonsense on stilts\n' };

test('a label that HAProxy does not take: its app is left out and named, all else goes out; mended, it is served', async () => {
  const { marathon, app, otherApp, daemon, once, deploy, addTask, served, get, traffic } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic();
  await more(20);
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, ...BAD } });
  await addTask(otherApp.id, FOURTH);
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: `${HOST},${MORE_HOST}` } });
  const problem = await logged(/refused-by-haproxy/);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', port: 0 });
  expect(problem.msg).toMatch(/unknown keyword 'nonsense'/);
  expect(problem.msg).toMatch(/HAPROXY_BACKEND_HTTP_OPTIONS of \/other/);
  await served(FIRST, { host: MORE_HOST });
  await expect(get({ host: OTHER_HOST })).resolves.toMatchObject({ status: '503' });
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await more(20);

  marathon.deploy(otherApp);
  await served([FOURTH], { host: OTHER_HOST });
  await more(20);
  expect((await stop()).failures).toEqual({});
  await expect(logged(/a problem is gone/)).resolves.toMatchObject({ code: 'refused-by-haproxy', app: '/other' });
  expect(log().filter(({ code, level }) => code === 'refused-by-haproxy' && level === 'warn')).toHaveLength(1);
});

test('an app that serves and gets such a label is left out, and its neighbour serves', async () => {
  const { marathon, app, otherApp, daemon, deploy, addTask, served, get, traffic } = await makeCluster();
  await deploy();
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  const { logged } = daemon();
  await served([FOURTH], { host: OTHER_HOST });
  const { more, stop } = traffic(OTHER_HOST);
  marathon.deploy({ ...app, labels: { ...app.labels, ...BAD } });
  await expect(logged(/refused-by-haproxy/)).resolves.toMatchObject({ app: '/nginx' });
  await until('503 for its host', async () => (await get()).status === '503');
  await more(20);
  expect((await stop()).failures).toEqual({});
});

test('ten apps that are named by line: two validations, and the good ones serve', async () => {
  const { marathon, folder, otherApp, once, deploy, served } = await makeCluster();
  await deploy();
  const { bin, looks } = await writeSlowHaproxy(folder);
  const servicePorts = await freePorts(10);
  for (let n = 0; n < 10; n++) {
    const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `bad-${n}.acme.org`, HAPROXY_0_PORT: String(servicePorts[n]), ...BAD };
    marathon.deploy({ ...otherApp, id: `/bad-${n}`, labels });
    marathon.addTask(`/bad-${n}`, { host: '172.24.197.101', addresses: [FOURTH] });
  }
  await expect(once(['--haproxy-bin', bin])).resolves.toMatchObject({ code: 0 });
  await served(FIRST);
  await expect(looks()).resolves.toBe(2);
});

test('--once leaves it out, says so each time, and exits with 0, also where nothing was good before', async () => {
  const { marathon, app, otherApp, once, deploy, addTask, served, get, worker } = await makeCluster();
  await deploy();
  marathon.deploy({ ...app, labels: { ...app.labels, ...BAD } });
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  const workers: number[] = [];
  for (let i = 0; i < 2; i++) {
    const { code, stderr, log } = await once();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(log).toContainEqual(expect.objectContaining({ level: 'warn', code: 'refused-by-haproxy', app: '/nginx' }));
    await served([FOURTH], { host: OTHER_HOST });
    await expect(get()).resolves.toMatchObject({ status: '503' });
    workers.push(await worker());
  }
  expect(workers[1]).toBe(workers[0]);
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option forwardfor\n' } });
  const { code, log } = await once();
  expect(code).toBe(0);
  expect(log.filter((line) => line['code'] === 'refused-by-haproxy')).toEqual([]);
  await served(FIRST);
});

/** Two apps, and a template of the operator's that HAProxy takes from neither. */
async function writeBadTemplate({ folder, marathon, otherApp }: Cluster): Promise<readonly string[]> {
  marathon.deploy(otherApp);
  const templates = path.join(folder, 'operator');
  await mkdir(templates);
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS'), '  nonsense on stilts\n');
  return ['--templates-dir', templates];
}

test("an operator's template that HAProxy does not take: --once exits with 1 for it and names no app, and the file before stays", async () => {
  const cluster = await makeCluster();
  const { once, deploy, served, worker, text } = cluster;
  await deploy();
  const words = await writeBadTemplate(cluster);
  await once();
  const [before, good] = [await worker(), await text()];
  for (let i = 0; i < 2; i++) {
    const { code, stderr, log } = await once(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^marathon-lb-ts: [^\n]*unknown keyword 'nonsense'[^\n]*\n$/);
    const told = log.filter((line) => line['code'] === 'refused-by-haproxy');
    expect(told).toHaveLength(1);
    expect(told[0]?.msg).toMatch(/operator's template/);
    expect(told[0]).not.toHaveProperty('app');
    await expect(text()).resolves.toBe(good);
    await expect(worker()).resolves.toBe(before);
  }
  await served(FIRST);
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
});

test('with no good configuration before it, the default template stands in for the refused one, so that HAProxy serves', async () => {
  const cluster = await makeCluster();
  const { once, deploy, served, text } = cluster;
  await deploy();
  const { code, log } = await once(await writeBadTemplate(cluster));
  expect(code).toBe(0);
  expect(log.filter((line) => line['code'] === 'refused-by-haproxy').map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/operator's template HAPROXY_BACKEND_HTTP_OPTIONS/),
  ]);
  await expect(text()).resolves.not.toContain('nonsense');
  await served(FIRST);
});

test.each([
  ['no line of it', '  h1-case-adjust-file /nowhere', /h1-headers-case-adjust-file '\/nowhere'/],
  ['nothing before it starts', '  chroot /nowhere', /Cannot chroot\(\/nowhere\)/],
])(
  "an operator's head at the first start, of which HAProxy says %s: the default one stands in, the other templates stay",
  async (...row) => {
    const [, line, words] = row;
    const { folder, once, deploy, served, text } = await makeCluster();
    await deploy();
    const templates = path.join(folder, 'operator');
    await mkdir(templates);
    const head = await readFile('templates/HAPROXY_HEAD.hbs', 'utf8');
    await writeFile(path.join(templates, 'HAPROXY_HEAD.hbs'), head.replace(/^global$/m, `global\n${line}`));
    await writeFile(path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS'), "  option forwardfor\n  # the operator's\n");
    const { code, log } = await once(['--templates-dir', templates]);
    const told = log.filter((one) => one['code'] === 'refused-by-haproxy');
    expect({ code, told }).toMatchObject({ code: 0, told: [{ msg: expect.stringMatching(words) }] });
    expect(told[0]?.msg).toMatch(/operator's template HAPROXY_HEAD, and names no line of it/);
    expect(told[0]?.['hint']).toMatch(/the default template is used in its place/);
    await expect(text()).resolves.not.toContain('/nowhere');
    await expect(text()).resolves.toContain("# the operator's");
    await served(FIRST);
  },
);
