import { expect, jest, test } from '@jest/globals';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identify } from '../../src/process/process-identity.ts';
import { end } from '../../src/process/stop.ts';
import { ask } from '../../src/socket/master.ts';
import type { AppForm } from '../../src/demo/marathon.ts';
import { makeAgreement } from './agreement.ts';
import { clusters, type Cluster } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { isSince } from './release.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';
import { now } from '../../src/lib/clock.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

test('--once beside no daemon: task changes are sent to the HAProxy that runs, and stand in the file when it exits', async () => {
  const { marathon, app, once, deploy, addTask, agreed, worker, traffic, text } = await makeCluster();
  const [oldest] = await deploy();
  await once();
  const before = await worker();
  const { more, stop } = traffic();
  await more(20);
  await addTask(app.id, FOURTH);
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLING');
  const { code, log } = await once();
  const file = await text();
  expect(code).toBe(0);
  expect(log.at(-1)).toMatchObject({ msg: 'HAProxy has accepted what Marathon said, without a reload' });
  expect(reloadsIn(log)).toBe(0);
  expect(file).toContain(` ${FOURTH}:`);
  expect(file).not.toContain(` ${FIRST[0]}:`);
  await oldest?.backend.close();
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLED');
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await agreed();
  await more(20);
  expect((await stop()).failures).toEqual({});
  await expect(worker()).resolves.toBe(before);
});

const TAKES_COOKIE = isSince(3, 0);

test('a sticky app, which HAProxy before 3.0 gives no server at runtime: a reload, and its reason says why', async () => {
  const { marathon, app, daemon, addTask, settled, agreed, traffic } = await makeCluster();
  const sticky: AppForm = { ...app, labels: { ...app.labels, HAPROXY_0_STICKY: 'true' } };
  marathon.deploy(sticky);
  for (const address of FIRST) await addTask(app.id, address);
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic();
  await more(20);
  await addTask(app.id, FOURTH);
  const { msg, reasons } = await logged(/127_50_0_71/);
  const why = /^server-added nginx_\d+: \S+127_50_0_71\S+: HAProxy 2\.\d can't add a server with 'cookie' at runtime$/;
  expect(msg).toMatch(TAKES_COOKIE ? /has accepted the change/ : /has loaded/);
  expect(reasons).toEqual([expect.stringMatching(TAKES_COOKIE ? /^server-added nginx_\d+: \S+127_50_0_71\S+$/ : why)]);
  await settled();
  await agreed();
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(reloadsIn(log())).toBe(TAKES_COOKIE ? 1 : 2);
});

/** A HAProxy that is somebody else's service, with a socket of its own: the words that lead to it. */
async function makeService({ folder, config, ends }: Cluster): Promise<{ readonly socketPath: string; readonly words: readonly string[] }> {
  const [script, templates, pidPath, socketPath] = ['service.sh', 'operator', 'service.pid', 'service.sock'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string, string];
  const start = `haproxy -W -D -p ${pidPath} -f ${config}`;
  await writeFile(script, `#!/bin/sh\nif [ -e ${pidPath} ]; then kill -USR2 "$(cat ${pidPath})"; else ${start}; fi\n`);
  await chmod(script, 0o755);
  await mkdir(templates);
  const head = await readFile('templates/HAPROXY_HEAD.hbs', 'utf8');
  const socket = `  stats socket ${socketPath} mode 600 level admin\n`;
  await writeFile(path.join(templates, 'HAPROXY_HEAD.hbs'), head.replace('global\n', `global\n${socket}`));
  ends.push(async () => {
    const master = await identify(Number(await readFile(pidPath, 'utf8').catch(() => '0')));
    if (master !== undefined) await end([master], { now });
  });
  return { socketPath, words: ['--command', script, '--haproxy-socket', socketPath, '--templates-dir', templates] };
}

test('a HAProxy that runs as a service, with --command and --haproxy-socket: task changes go over the socket, without a reload', async () => {
  const cluster = await makeCluster();
  const { marathon, app, otherApp, daemon, deploy, addTask, settled, traffic } = cluster;
  const { socketPath, words } = await makeService(cluster);
  const states = () => ask({ socketPath, command: 'show servers state', deadlineMs: 5_000 });
  const { agreed, rotates } = makeAgreement({ ...cluster, states });
  const [oldest] = await deploy();
  const { logged, log } = daemon(words);
  await logged(/has loaded/);
  await rotates(FIRST);
  const { more, stop } = traffic();
  await more(20);
  await addTask(app.id, FOURTH);
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLING');
  await rotates([FIRST[1], FIRST[2], FOURTH]);
  await oldest?.backend.close();
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLED');
  await settled();
  await agreed();
  await more(20);
  expect(reloadsIn(log())).toBe(1);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FIFTH);
  await rotates([FIRST[1], FIRST[2], FOURTH, FIFTH]);
  await settled();
  await agreed();
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(reloadsIn(log())).toBe(2);
});

test('Marathon answers no read: what its events say counts at once', async () => {
  const { marathon, app, daemon, deploy, addTask, rotates, traffic } = await makeCluster();
  const [first, second] = await deploy();
  const { logged, log } = daemon();
  await logged(/has loaded/);
  await rotates(FIRST);
  await until('the stream', () => marathon.streams() === 1);
  const { more, stop } = traffic();
  await more(20);
  marathon.misbehave.apps = 'hang';
  marathon.setTaskState(app.id, first?.id ?? '', 'TASK_KILLING');
  await rotates([FIRST[1], FIRST[2]]);
  await first?.backend.close();
  marathon.setTaskState(app.id, first?.id ?? '', 'TASK_KILLED');
  await addTask(app.id, FOURTH); // without checks nothing more is needed
  await rotates([FIRST[1], FIRST[2], FOURTH]);
  await second?.backend.close();
  marathon.setTaskState(app.id, second?.id ?? '', 'TASK_FAILED');
  await rotates([FIRST[2], FOURTH]);
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(log().filter(({ msg }) => msg === 'Marathon was read')).toHaveLength(1);
  expect(reloadsIn(log())).toBe(1);
});
