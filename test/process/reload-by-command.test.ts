import { afterEach, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCommand, type CommandHaproxy, type CommandSettings } from '../../src/process/reload-by-command.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { answersOf, makeSockets, type Played } from '../socket/socket.ts';
import { now } from '../../src/lib/clock.ts';

const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
const folders: string[] = [];
const socketWith = makeSockets();

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'command-'));
  folders.push(folder);
  return folder;
}

async function make(runDir: string, body: string, more: Partial<CommandSettings> = {}): Promise<CommandHaproxy> {
  const script = join(runDir, 'reload.mjs');
  await writeFile(script, body);
  return makeCommand({
    now,
    command: `${process.execPath} ${script} one two\\ words`,
    mapFolder: runDir,
    runDir,
    log,
    deadlineMs: 10_000,
    fingerprint: () => 'on the disk',
    ...more,
  });
}

test('the words go to the program as they are, without a shell', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(
    runDir,
    `import { writeFileSync } from 'node:fs'; writeFileSync('${runDir}/words', JSON.stringify(process.argv.slice(2)))`,
  );
  await haproxy.reload([]);
  await expect(readFile(join(runDir, 'words'), 'utf8')).resolves.toBe('["one","two words"]');
});

test('an exit code is told with the last of both outputs', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, `console.log('first'); console.error('Job failed'); process.exitCode = 3`);
  await expect(haproxy.reload([])).rejects.toThrow(/^the command '.*' ended with exit code 3: first \| Job failed$/);
});

test('a signal, and nothing written', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, `process.kill(process.pid, 'SIGTERM'); setInterval(() => 0, 1e6)`);
  await expect(haproxy.reload([])).rejects.toThrow('was ended by SIGTERM: it wrote nothing');
});

test('a program that does not end is killed, even if it ignores SIGTERM', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, `process.on('SIGTERM', () => 0); console.log('waiting'); setInterval(() => 0, 1e6)`, {
    deadlineMs: 300,
  });
  await expect(haproxy.reload([])).rejects.toThrow('did not end within 300 ms');
});

test('a program that leaves a process behind is not waited for', async () => {
  const runDir = await makeFolder();
  const left = join(runDir, 'left');
  const body = `import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60_000)'], { stdio: 'inherit', detached: true });
    child.unref(); writeFileSync('${left}', String(child.pid));`;
  const haproxy = await make(runDir, body);
  await expect(haproxy.reload([])).resolves.toBeUndefined();
  process.kill(Number(await readFile(left, 'utf8'))); // it lives: nobody has waited for it
});

test('a missing program and a file that is not executable are reported', async () => {
  const runDir = await makeFolder();
  const settings = { now, runDir, mapFolder: runDir, log, fingerprint: () => '' };
  await expect(makeCommand({ ...settings, command: '/no/such/program now' }).reload([])).rejects.toThrow('could not be started');
  await expect(makeCommand({ ...settings, command: ' ' }).reload([])).rejects.toThrow('--command is empty');
});

test('what is loaded: the file on the disk before any reload, then what was reloaded, nothing sure after a failure', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, '');
  await expect(haproxy.applied()).resolves.toBe('on the disk');
  await haproxy.reload([]);
  await expect(readFile(join(runDir, 'applied.json'), 'utf8')).resolves.toBe('{"fingerprint":"on the disk"}');
  await expect((await make(runDir, 'process.exitCode = 1')).reload([])).rejects.toThrow('exit code 1');
  await expect(haproxy.applied()).resolves.toBeUndefined();
  await haproxy.agrees('put back');
  await expect(haproxy.applied()).resolves.toBeUndefined();
});

const COMMAND = { text: 'disable server b/one', expect: /^$/, reason: { code: 'server-changed', subject: 's', detail: '' } } as const;
const DOCUMENT = { front: [], backends: [], maps: {} };

test('without a socket it takes no commands, and runs what is in its file', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, '');
  await expect(haproxy.release()).resolves.toBeUndefined();
  await expect(haproxy.send([COMMAND])).resolves.toMatchObject([{ taken: false }]);
  await expect(haproxy.send([])).resolves.toEqual([]);
  await expect(haproxy.holds(DOCUMENT)).resolves.toEqual({ document: DOCUMENT, exceptions: new Map(), lost: new Map() });
  await expect(haproxy.passed([{ backend: 'b' as BackendName, server: 'one' as ServerName }])).resolves.toEqual(new Set());
  await haproxy.agrees('on the disk');
  await expect(readFile(join(runDir, 'applied.json'), 'utf8')).resolves.toBe('{"fingerprint":"on the disk"}');
});

test('with one its commands go there, without a prefix', async () => {
  const lines: string[] = [];
  const socket = await socketWith((line, connection) => {
    lines.push(line);
    connection.end(answersOf(line, { version: '2.8.3', pid: 7 }, () => 'No such server.\n'));
  });
  const haproxy = await make(await makeFolder(), '', { socket });
  await expect(haproxy.release()).resolves.toEqual({ major: 2, minor: 8 });
  await expect(haproxy.send([COMMAND])).resolves.toEqual([{ taken: false, answer: 'No such server.' }]);
  expect(lines[1]).toBe('show info;show version;disable server b/one;show version\n');
});

test('with one a reload is over when another worker answers there', async () => {
  const played: Played = { version: '2.8.3', pid: 7, started: 1 };
  let asked = 0;
  const socket = await socketWith((line, connection) => {
    if (++asked === 4) played.started = 2;
    connection.end(answersOf(line, played, () => ''));
  });
  const haproxy = await make(await makeFolder(), '', { socket });
  await haproxy.reload([]);
  expect(asked).toBe(4);
  await expect(haproxy.send([COMMAND])).resolves.toEqual([{ taken: true, answer: '' }]);
});

test('a command whose signal HAProxy has lost is run once more, and not for a HAProxy that has no worker yet', async () => {
  const runDir = await makeFolder();
  const calls = join(runDir, 'calls');
  await writeFile(calls, '');
  const socket = await socketWith((line, connection) => {
    const started = readFileSync(calls, 'utf8').length < 2 ? 1 : 2;
    connection.end(answersOf(line, { version: '2.6.12', pid: 7, started }, () => ''));
  });
  const call = `import { appendFileSync } from 'node:fs'; appendFileSync('${calls}', '.')`;
  await expect((await make(runDir, call, { socket, confirmMs: 10_000 })).reload([])).resolves.toBeUndefined();
  await expect(readFile(calls, 'utf8')).resolves.toBe('..');
  await expect((await make(runDir, call, { socket: `${socket}.none`, confirmMs: 200 })).reload([])).rejects.toThrow('nothing answers');
  await expect(readFile(calls, 'utf8')).resolves.toBe('...');
});

test('a command that ends well and replaces no worker has failed', async () => {
  const socket = await socketWith((line, connection) => connection.end(answersOf(line, { version: '2.8.3', pid: 7 }, () => '')));
  const runDir = await makeFolder();
  const haproxy = await make(runDir, '', { socket, confirmMs: 60 });
  await expect(haproxy.reload([])).rejects.toThrow(
    `succeeded, but the previous worker (pid 7) still answers on HAProxy's socket ${socket}`,
  );
  await expect(haproxy.applied()).resolves.toBeUndefined();
  const nobody = await make(runDir, '', { socket: `${socket}.none`, confirmMs: 60 });
  await expect(nobody.reload([])).rejects.toThrow('succeeded, but nothing answers');
});
