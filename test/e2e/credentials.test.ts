import { expect, jest, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters } from './cluster.ts';
import type { Ended } from './command.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(60_000);

const makeCluster = clusters();
const USER = 'balancer';
const SECRET = 'c0rrect:horse';
const WORDS = `${USER}:${SECRET}`;

/** None of the forms in which it travels. */
function expectNoSecret(text: string): void {
  for (const form of [SECRET, Buffer.from(WORDS).toString('base64')]) expect(text).not.toContain(form);
}

/** Of the daemon and of all its children, HAProxy included. */
async function commandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.join('\n');
}

function written({ stdout, stderr }: Ended): string {
  return stdout + stderr;
}

test('--auth-credentials: it works, and stands neither in the log nor in the process list', async () => {
  const { daemon, deploy, served } = await makeCluster({ credentials: { user: USER, password: SECRET } });
  await deploy();
  const { pid, signal, ended } = daemon(['--auth-credentials', WORDS, '--log-level', 'debug']);
  await served(FIRST);
  const shown = await readFile(`/proc/${pid}/cmdline`, 'utf8');
  expect(shown).toContain('marathon-lb-ts');
  expectNoSecret(await commandLines());
  signal('SIGTERM');
  expectNoSecret(written(await ended));
});

test('in the URL: it works, and stands neither in the log nor in the process list', async () => {
  const { marathon, daemon, deploy, served } = await makeCluster({ credentials: { user: USER, password: SECRET } });
  await deploy();
  const url = marathon.url.replace('//', `//${USER}:${encodeURIComponent(SECRET)}@`);
  const { pid, logged, signal, ended } = daemon(['--marathon', url, '--log-level', 'debug']);
  await logged(/following Marathon/);
  const shown = await readFile(`/proc/${pid}/cmdline`, 'utf8');
  for (const text of [shown, await commandLines()]) expect(text).not.toContain(encodeURIComponent(SECRET));
  await served(FIRST);
  signal('SIGTERM');
  const all = written(await ended);
  expectNoSecret(all);
  expect(all).not.toContain(encodeURIComponent(SECRET));
});

test('credentials from a file and from the environment work too', async () => {
  const { folder, once, deploy, served } = await makeCluster({ credentials: { user: USER, password: SECRET } });
  await deploy();
  const file = path.join(folder, 'credentials');
  await writeFile(file, `${WORDS}\n`);
  await expect(once(['--marathon-auth-credential-file', file])).resolves.toMatchObject({ code: 0, stderr: '' });
  await served(FIRST);
  await expect(once([], { env: { MARATHON_USER: USER, MARATHON_PASSWORD: SECRET } })).resolves.toMatchObject({ code: 0, stderr: '' });
});

test('credentials that Marathon does not take: exit 1 with a sentence, which does not show them', async () => {
  const { marathon, once, deploy } = await makeCluster({ credentials: { user: USER, password: 'another' } });
  await deploy();
  const ended = await once(['--auth-credentials', WORDS, '--log-level', 'debug']);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/401.*--auth-credentials/);
  expect(ended.stderr).toContain(marathon.url);
  expectNoSecret(written(ended));
});
