import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCommand, type CommandHaproxy } from '../../src/apply/command.ts';
import { makeLogger } from '../../src/lib/logger.ts';

const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'command-'));
  folders.push(folder);
  return folder;
}

async function make(runDir: string, body: string, deadlineMs = 10_000): Promise<CommandHaproxy> {
  const script = join(runDir, 'reload.mjs');
  await writeFile(script, body);
  return makeCommand({
    command: `${process.execPath} ${script} one two\\ words`,
    runDir,
    log,
    deadlineMs,
    fingerprint: () => 'on the disk',
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

test('one that does not end is ended, also when it does not want to', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, `process.on('SIGTERM', () => 0); console.log('waiting'); setInterval(() => 0, 1e6)`, 300);
  await expect(haproxy.reload([])).rejects.toThrow('did not end within 300 ms');
});

test('one that leaves a process behind is not waited for', async () => {
  const runDir = await makeFolder();
  const child = `spawn(process.execPath, ['-e', 'setTimeout(() => 0, 5000)'], { stdio: 'inherit', detached: true }).unref()`;
  const haproxy = await make(runDir, `import { spawn } from 'node:child_process'; ${child}`, 2_000);
  await expect(haproxy.reload([])).resolves.toBeUndefined();
});

test('a program that is not there, and no program', async () => {
  const runDir = await makeFolder();
  const settings = { runDir, log, fingerprint: () => '' };
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
});

test('runtime commands are refused, the document is as it was', async () => {
  const runDir = await makeFolder();
  const haproxy = await make(runDir, '');
  const reason = { code: 'server-changed', subject: 's', detail: '' } as const;
  await expect(haproxy.send({ commands: [{ text: 'x', expect: /^$/, reason }], reload: [] })).resolves.toEqual({ refused: [reason] });
  await expect(haproxy.send({ commands: [], reload: [] })).resolves.toEqual({ refused: [] });
  const document = { front: [], backends: [], maps: {} };
  await expect(haproxy.holds(document)).resolves.toBe(document);
});
