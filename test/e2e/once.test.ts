import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import type { Misbehaviour } from '../../src/demo/marathon.ts';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { endAll } from './ends.ts';
import type { Ends } from './fixtures/stage.ts';
import { openCluster, type Cluster } from './open-cluster.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('the first one starts HAProxy, the second changes nothing, one after a change of tasks sends commands and reloads nothing', async () => {
  const { config, app, once, deploy, addTask, served, agreed, answers, worker, traffic, text } = await makeCluster();
  await deploy();
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await served(FIRST);
  const [before, { mtimeMs }] = [await worker(), await stat(config)];

  const second = await once();
  expect(second).toMatchObject({ code: 0, stderr: '' });
  expect(second.log.at(-1)).toMatchObject({ msg: 'HAProxy runs what Marathon said' });
  await expect(worker()).resolves.toBe(before);
  expect((await stat(config)).mtimeMs).toBe(mtimeMs);

  const { more, stop } = traffic();
  await more(20);
  await addTask(app.id, FOURTH);
  const third = await once();
  expect(third).toMatchObject({ code: 0, stderr: '' });
  expect(third.log.at(-1)).toMatchObject({ msg: 'HAProxy has accepted what Marathon said, without a reload' });
  expect(reloadsIn(third.log)).toBe(0);
  await expect(text()).resolves.toContain(` ${FOURTH}:`);
  await more(20);
  expect((await stop()).failures).toEqual({});
  await expect(answers(8)).resolves.toEqual(Object.fromEntries([...FIRST, FOURTH].map((address) => [address, 2])));
  await agreed();
  await expect(worker()).resolves.toBe(before);
});

describe('a HAProxy that serves on', () => {
  const ends: Ends = [];
  let cluster: Cluster;
  let before = { worker: 0, written: 0 };

  const seen = async () => ({ worker: await cluster.worker(), written: (await stat(cluster.config)).mtimeMs });

  beforeAll(async () => {
    cluster = await openCluster({ ends });
    await cluster.deploy();
    await expect(cluster.once()).resolves.toMatchObject({ code: 0 });
    before = await seen();
  });
  afterAll(() => endAll(ends));

  const expectRefusal = async (why: RegExp): Promise<void> => {
    const { code, stderr } = await cluster.once();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^marathon-lb-ts: [^\n]+\n$/);
    expect(stderr).toContain(cluster.marathon.url);
    expect(stderr).toMatch(why);
    await cluster.served(FIRST);
    await expect(seen()).resolves.toEqual(before);
  };

  test.each<[Misbehaviour['apps'], RegExp]>([
    ['refuse', /./],
    ['html', /web page/],
    ['unauthorized', /401.*--auth-credentials/],
    ['broken-json', /JSON/],
    ['cut', /./],
    ['error500', /500/],
  ])('a Marathon that answers with %s: exit 1, its URL and why on stderr', async (apps, why) => {
    cluster.marathon.misbehave.apps = apps;
    await expectRefusal(why);
  });
});

test('a Marathon that is down: exit 1, its URL on stderr; HAProxy serves on', async () => {
  const { marathon, once, deploy, served, worker } = await makeCluster();
  await deploy();
  await once();
  const before = await worker();
  await marathon.close();
  const { code, stderr } = await once();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: [^\n]*ECONNREFUSED[^\n]*\n$/);
  expect(stderr).toContain(marathon.url);
  await served(FIRST);
  await expect(worker()).resolves.toBe(before);
});

test('of two Marathons the one that answers is taken', async () => {
  const { ports, once, deploy, served } = await makeCluster();
  await deploy();
  await expect(once(['--marathon', `http://127.0.0.1:${ports.other}`])).resolves.toMatchObject({ code: 0, stderr: '' });
  await served(FIRST);
});

test('beside a daemon it asks that one, which reads again', async () => {
  const { marathon, app, daemon, once, deploy, addTask, served } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await logged(/has loaded/);
  marathon.misbehave.events = 'silent';
  await addTask(app.id, FOURTH);
  const asked = await once();
  expect(asked).toMatchObject({ code: 0, stderr: '', log: [{ msg: 'HAProxy has accepted what Marathon said, without a reload' }] });
  await served([...FIRST, FOURTH]);
  expect(log().at(-1)).toMatchObject({ reasons: [expect.stringContaining('127_50_0_71')] });

  marathon.misbehave.apps = 'html';
  const refused = await once();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(marathon.url);
});

test('--dry prints the configuration, and touches nothing', async () => {
  const { once, deploy, text } = await makeCluster();
  await deploy();
  const { code, stdout } = await once(['--dry']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^global\n[^]*\nbackend nginx_\d+\n/);
  for (const address of FIRST) expect(stdout).toContain(` ${address}:`);
  await expect(text()).rejects.toThrow('ENOENT');
});
