import { expect, jest, test } from '@jest/globals';
import { clusters } from './cluster.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';
const BAD = { HAPROXY_0_BACKEND_HTTP_OPTIONS: '  nonsense on stilts\n' };

test('a label that HAProxy does not take: the file stays, traffic goes on, app and reason are named; mended, it goes on', async () => {
  const { marathon, otherApp, daemon, once, deploy, addTask, served, worker, traffic, text } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const [before, good] = [await worker(), await text()];
  const { more, stop } = traffic();
  await more(20);
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, ...BAD } });
  await addTask(otherApp.id, FOURTH);
  const problem = await logged(/refused-by-haproxy/);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', port: 0 });
  expect(problem.msg).toMatch(/unknown keyword 'nonsense'/);
  expect(problem.msg).toMatch(/HAPROXY_BACKEND_HTTP_OPTIONS of \/other/);
  await more(20);
  await expect(text()).resolves.toBe(good);
  await expect(worker()).resolves.toBe(before);
  const asked = await once();
  expect(asked.code).toBe(1);
  expect(asked.stderr).toMatch(/unknown keyword 'nonsense'/);

  marathon.deploy(otherApp);
  await served([FOURTH], { host: OTHER_HOST });
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(await worker()).not.toBe(before);
  expect(log().filter(({ code, level }) => code === 'refused-by-haproxy' && level === 'warn')).toHaveLength(1);
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
});

test('--once exits with 1 for it, and does what it can when it is mended', async () => {
  const { marathon, app, once, deploy, served, worker, text } = await makeCluster();
  await deploy();
  await once();
  const [before, good] = [await worker(), await text()];
  marathon.deploy({ ...app, labels: { ...app.labels, ...BAD } });
  for (let i = 0; i < 2; i++) {
    const { code, stderr, log } = await once();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^marathon-lb-ts: [^\n]*unknown keyword 'nonsense'[^\n]*\n$/);
    expect(log).toContainEqual(expect.objectContaining({ code: 'refused-by-haproxy', app: '/nginx' }));
    await expect(text()).resolves.toBe(good);
  }
  await served(FIRST);
  await expect(worker()).resolves.toBe(before);
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option forwardfor\n' } });
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await served(FIRST);
});

test('with no good configuration before it, none is put in place', async () => {
  const { marathon, app, once, deploy, worker, text } = await makeCluster();
  await deploy();
  marathon.deploy({ ...app, labels: { ...app.labels, ...BAD } });
  await expect(once()).resolves.toMatchObject({ code: 1 });
  await expect(text()).rejects.toThrow('ENOENT');
  await expect(worker()).resolves.toBe(0);
});
