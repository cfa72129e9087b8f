import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, lives, type ProcessIdentity } from '../../src/process/process-identity.ts';
import { ask as askMaster } from '../../src/socket/master.ts';
import { commandsWith, matcherOf } from '../docs/console.ts';
import { ask } from './ask.ts';
import { needBuild, start, type Running } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { freePorts, occupy } from './ports.ts';
import { processesIn } from './sights.ts';
import { writeSlowHaproxy } from './slow-haproxy.ts';
import { HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const ends: Ends = [];

beforeAll(needHaproxy);
beforeAll(needBuild);
afterEach(() => endAll(ends));

const FLAGS = [
  '--http-port',
  '--https-port',
  '--app-id-port',
  '--stats-port',
  '--dns-port',
  '--service-port',
  '--marathon-port',
  '--container-port',
] as const;
type Ports = Readonly<Record<(typeof FLAGS)[number], number>>;

async function choosePorts(): Promise<Ports> {
  const ports = await freePorts(FLAGS.length);
  return Object.fromEntries(FLAGS.map((flag, i) => [flag, ports[i]])) as unknown as Ports;
}

function flagsOf(ports: Ports): readonly string[] {
  return Object.entries(ports).flatMap(([flag, port]) => [flag, String(port)]);
}

/** The demo, with a folder of the test's own for what is temporary. */
function startDemo(ports: Ports, folder: string, ...more: readonly string[]): Running {
  return start({ words: ['demo', ...flagsOf(ports), '--every', '1', ...more], ends, folder, env: { TMPDIR: folder } });
}

/** The processes of HAProxy that live. */
async function haproxyOf(runDir: string): Promise<readonly ProcessIdentity[]> {
  const all = await Promise.all((await processesIn(runDir)).map((pid) => identify(pid)));
  return all.filter((one) => one !== undefined);
}

async function areOver(all: readonly ProcessIdentity[]): Promise<boolean> {
  const living = await Promise.all(all.map((one) => lives(one)));
  return !living.includes(true);
}

/** Those that have a folder in their command line. */
async function processesOf(folder: string): Promise<readonly { readonly pid: number; readonly words: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = pids.map(async (pid) => ({ pid: Number(pid), words: await wordsOf(pid) }));
  return (await Promise.all(all)).filter(({ words }) => words.includes(folder));
}

async function wordsOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
}

/** What a failed test has left there. */
async function endProcesses(folder: string): Promise<void> {
  for (const { pid } of await processesOf(folder)) process.kill(pid, 'SIGKILL');
}

test('it answers as it says, tells what happens, and leaves nothing behind', async () => {
  const [ports, folder] = [await choosePorts(), await makeFolder(ends)];
  const { stdout, signal, ended } = startDemo(ports, folder);
  const said = (words: string | RegExp) =>
    until(
      () => `${String(words)} in\n${stdout()}`,
      () => (typeof words === 'string' ? stdout().includes(words) : words.test(stdout())),
    );
  await said(`curl -H "Host: ${HOST}" http://127.0.0.1:${ports['--http-port']}/`);
  const { status, body } = await ask({ port: ports['--http-port'], host: HOST });
  expect(status).toBe('200');
  expect(body).toContain('Hello from task nginx');
  await said('/nginx is scaled to 4');
  await said(/server-added nginx_\d+: \S+/);
  await said('/nginx: a task is replaced');
  await said(/server-gone nginx_\d+: \S+/);
  await expect(ask({ port: ports['--http-port'], host: HOST })).resolves.toMatchObject({ status: '200' });
  await said(/\/basket: version 2 serves alone; \d+ requests meanwhile, of which none was lost/);
  await expect(ask({ port: ports['--http-port'], host: 'basket.acme.org' })).resolves.toMatchObject({
    body: expect.stringContaining('basket-green version 2'),
  });

  const [own = ''] = await readdir(folder);
  const all = await haproxyOf(path.join(folder, own, 'run'));
  signal('SIGINT');
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  expect(all.length).toBeGreaterThanOrEqual(2);
  await expect(areOver(all)).resolves.toBe(true);
  await expect(processesOf(folder)).resolves.toEqual([]);
  await expect(readdir(folder)).resolves.toEqual([]);
});

test('its pages show what it prints, and with --pod a pod is served beside its apps', async () => {
  const [ports, folder] = [await choosePorts(), await makeFolder(ends)];
  const { stdout } = startDemo(ports, folder, '--pod', '--every', '3600');
  await until(
    () => `it serves\n${stdout()}`,
    () => stdout().includes('HAProxy serves /nginx'),
  );
  const shown = commandsWith('tutorial').flatMap(([, commands]) => commands);
  expect(shown.length).toBeGreaterThanOrEqual(2);
  for (const { command, output } of shown) {
    const here = command.replace(':8080', `:${ports['--http-port']}`).replace('-p 8053', `-p ${ports['--dns-port']}`);
    const there = output.map((line) => line.replace(/:80$/, `:${ports['--container-port']}`));
    const { stdout: printed } = await execa('sh', ['-c', here]);
    expect(printed).toMatch(matcherOf(there));
  }
  await expect(ask({ port: ports['--http-port'], host: 'cart.acme.org' })).resolves.toMatchObject({
    status: '200',
    body: expect.stringContaining('Hello from task cart instance') as unknown,
  });
});

/** Gives HAProxy servers by the names that the next tasks of the story have, so that it does not take theirs. */
async function takeNames(runDir: string, ports: Ports): Promise<void> {
  const commands = [73, 74, 75, 76, 77, 78, 79, 80].flatMap((last) =>
    [101, 102].map((agent) => {
      const [port, backend] = [ports['--container-port'], `nginx_${ports['--service-port']}`];
      return `@1 add server ${backend}/172_24_197_${agent}_127_50_0_${last}_${port} 127.50.0.${last}:${port}`;
    }),
  );
  const answer = await askMaster({ socketPath: path.join(runDir, 'master.sock'), command: commands.join(';'), deadlineMs: 5_000 });
  expect(answer).toContain('New server registered.');
}

test('ended while HAProxy looks at a candidate it leaves nothing behind either', async () => {
  const [ports, folder, elsewhere] = [await choosePorts(), await makeFolder(ends), await makeFolder(ends)];
  ends.push(() => endProcesses(folder));
  const { bin, hold, release, looks } = await writeSlowHaproxy(elsewhere);
  const { stdout, signal, ended } = startDemo(ports, folder, '--haproxy-bin', bin);
  await until(
    () => `it serves\n${stdout()}`,
    () => stdout().includes('HAProxy serves /nginx'),
  );
  const [own = ''] = await readdir(folder);
  const all = await haproxyOf(path.join(folder, own, 'run'));
  const before = await looks();
  await hold();
  await takeNames(path.join(folder, own, 'run'), ports); // what HAProxy does not take at runtime, it is to read from a file
  await until('the next look', async () => (await looks()) > before);
  void ask({ port: ports['--container-port'], address: '127.50.0.70', path: '/slow?ms=9000' }); // its end has to wait for this one
  signal('SIGINT');
  await Promise.race([until('the end of HAProxy', () => areOver(all)), sleep(1_000)]); // it may as well wait for the look
  await release();
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(processesOf(folder)).resolves.toEqual([]);
  await expect(readdir(folder)).resolves.toEqual([]);
});

test.each(FLAGS)('a port that is taken: exit 1, and %s is named as what moves it', async (flag) => {
  const [ports, folder] = [await choosePorts(), await makeFolder(ends)];
  await occupy({ port: ports[flag], ends, address: flag === '--container-port' ? '127.84.0.196' : '127.0.0.1' });
  const { code, stderr } = await startDemo(ports, folder).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: [^\n]+\n$/);
  expect(stderr).toContain(`:${ports[flag]}`);
  expect(stderr).toContain(flag);
  await expect(readdir(folder)).resolves.toEqual([]);
  await expect(processesOf(folder)).resolves.toEqual([]);
});

test('no HAProxy: exit 1 with what to do', async () => {
  const folder = await makeFolder(ends);
  const { code, stderr } = await start({
    words: ['demo', ...flagsOf(await choosePorts()), '--haproxy-bin', 'nope'],
    ends,
    folder,
    env: { TMPDIR: folder },
  }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: [^\n]*no program 'nope'[^\n]*\n$/);
  await expect(readdir(folder)).resolves.toEqual([]);
});
