import { expect, jest, test } from '@jest/globals';
import { appendFile, readdir } from 'node:fs/promises';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

/** Each of the three answers the same share of nine requests. */
const IN_TURN = Object.fromEntries(FIRST.map((address) => [address, 3]));

test("the tutorial's app is served in turn: by virtual host, over TLS, by app id, at its service port", async () => {
  const { daemon, deploy, served, answers, get, ports } = await makeCluster();
  await deploy();
  const { logged } = daemon();
  await served(FIRST);
  await expect(answers(9)).resolves.toEqual(IN_TURN);
  await expect(answers(9, { port: ports.https, tls: true })).resolves.toEqual(IN_TURN);
  await expect(answers(9, { port: ports.appId, host: 'any', headers: { 'X-Marathon-App-Id': '/nginx' } })).resolves.toEqual(IN_TURN);
  await expect(answers(9, { port: ports.service, host: 'any' })).resolves.toEqual(IN_TURN);
  await expect(get({ host: 'nobody.acme.org' })).resolves.toMatchObject({ status: '503' });
  await expect(get({ port: ports.stats, path: '/_haproxy_health_check' })).resolves.toMatchObject({ status: '200' });
  await expect(logged(/missing\.pem can't be read/)).resolves.toMatchObject({ level: 'warn', code: 'certificate' });
});

test('a task that comes and one that is killed are followed, and no request fails', async () => {
  const { marathon, app, daemon, deploy, addTask, served, agreed, traffic, text } = await makeCluster();
  const [oldest] = await deploy();
  const { logged, log } = daemon();
  await served(FIRST);
  const { more, stop } = traffic();
  await more(50);
  await addTask(app.id, FOURTH);
  await logged(/127_50_0_71.*has accepted/);
  await more(50);
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLING'); // it answers until it is killed, as in Marathon
  await logged(/127_84_0_196.*has accepted/);
  await more(50);
  await oldest?.backend.close();
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLED');
  await more(50);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(200);
  await served([FIRST[1], FIRST[2], FOURTH]);
  await agreed();
  await expect(text()).resolves.not.toContain(FIRST[0]);
  expect(reloadsIn(log())).toBe(1);
});

test('an app that is taken away is served no more, and one that comes is', async () => {
  const { marathon, app, otherApp, daemon, deploy, addTask, served, get, ports } = await makeCluster();
  await deploy();
  const { logged } = daemon();
  await served(FIRST);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  await served([FOURTH], { port: ports.other });
  marathon.remove(app.id);
  await until('503 for its host', async () => (await get()).status === '503');
  await until('nobody at its port', async () => (await get({ port: ports.service })).status === 'ECONNREFUSED');
  await expect(logged(/HAProxy has loaded the configuration/)).resolves.toMatchObject({ reasons: expect.any(Array) });
});

test('HUP reads everything again', async () => {
  const { marathon, app, daemon, deploy, addTask, served } = await makeCluster();
  await deploy();
  const { signal, logged } = daemon(['--log-level', 'debug']);
  await served(FIRST);
  marathon.misbehave.events = 'silent';
  await addTask(app.id, FOURTH);
  signal('SIGHUP');
  await served([...FIRST, FOURTH]);
  await expect(logged(/SIGHUP/)).resolves.toMatchObject({ msg: 'reading Marathon' });
});

test('USR1 reloads HAProxy with the file as it is', async () => {
  const { config, ports, daemon, deploy, get, worker, traffic, text } = await makeCluster();
  await deploy();
  const { signal, logged } = daemon();
  await logged(/has loaded/);
  const before = await worker();
  const { more, stop } = traffic();
  await more(20);
  await appendFile(config, `\nlisten by_hand\n  bind 127.0.0.1:${ports.other}\n  mode http\n  http-request return status 200\n`);
  const byHand = await text();
  signal('SIGUSR1');
  await logged(/by-hand/);
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(await worker()).not.toBe(before);
  await expect(get({ port: ports.other })).resolves.toMatchObject({ status: '200' });
  await expect(text()).resolves.toBe(byHand);
});

test('a file that somebody has broken, then USR1: HAProxy serves on, and the next change mends it', async () => {
  const { config, app, daemon, deploy, addTask, served, agreed, worker, text } = await makeCluster();
  await deploy();
  const { signal, logged } = daemon();
  await logged(/has loaded/);
  const before = await worker();
  await appendFile(config, '\nnonsense\n');
  signal('SIGUSR1');
  await expect(logged(/unknown keyword 'nonsense'/)).resolves.toMatchObject({ level: 'error' });
  await served(FIRST);
  await expect(worker()).resolves.toBe(before);
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  await until('a file without it', async () => !(await text()).includes('nonsense'));
  await agreed();
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the daemon, HAProxy serves on', async (name) => {
  const { runDir, daemon, deploy, served, worker, traffic } = await makeCluster();
  await deploy();
  const { signal, ended } = daemon();
  await served(FIRST);
  const before = await worker();
  const { more, stop } = traffic();
  await more(20);
  signal(name);
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  await more(50);
  expect((await stop()).failures).toEqual({});
  await expect(worker()).resolves.toBe(before);
  const left = await readdir(runDir);
  expect(left.filter((file) => file.startsWith('daemon'))).toEqual([]);
  expect(left).toContain('master.sock');
});

test('--poll follows without a stream', async () => {
  const { marathon, app, daemon, deploy, addTask, served } = await makeCluster();
  await deploy();
  daemon(['--poll', '1']);
  await served(FIRST);
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  expect(marathon.requestsOf('/v2/events')).toBe(0);
});
