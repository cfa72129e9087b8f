import { expect, jest, test } from '@jest/globals';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters, type Cluster } from './cluster.ts';

jest.setTimeout(60_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

/** A service's own reload: it notes what it was given, and ends as it is told by a file. */
async function writeScript({ folder }: Cluster): Promise<{ readonly words: readonly string[]; readonly calls: () => Promise<string> }> {
  const [script, calls] = [path.join(folder, 'reload.sh'), path.join(folder, 'calls')];
  await writeFile(calls, '');
  await writeFile(script, `#!/bin/sh\necho "$*" >> ${calls}\nif [ -e ${folder}/broken ]; then echo "no such unit" >&2; exit 3; fi\n`);
  await chmod(script, 0o755);
  return { words: ['--command', `${script} reload haproxy;true`], calls: () => readFile(calls, 'utf8') };
}

const CALL = 'reload haproxy;true\n';

test('--command is run, without a shell, when something changed, and only then', async () => {
  const cluster = await makeCluster();
  const { once, deploy, text } = cluster;
  const { words, calls } = await writeScript(cluster);
  await deploy();
  await expect(once(words)).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(calls()).resolves.toBe(CALL);
  await expect(text()).resolves.toContain('127.84.0.196');
  await expect(once(words)).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(calls()).resolves.toBe(CALL);
  await expect(cluster.worker()).resolves.toBe(0);
});

test('a command that fails: exit 1 with its exit code and output, the files before are back; the next run tries again', async () => {
  const cluster = await makeCluster();
  const { app, folder, once, deploy, addTask, text } = cluster;
  const { words, calls } = await writeScript(cluster);
  await deploy();
  await once(words);
  const before = await text();
  await writeFile(path.join(folder, 'broken'), '');
  await addTask(app.id, FOURTH);
  for (const times of [2, 3]) {
    const { code, stderr } = await once(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(/reload\.sh.*exit code 3.*no such unit/);
    await expect(text()).resolves.toBe(before);
    await expect(calls()).resolves.toBe(CALL.repeat(times));
  }
  await writeFile(path.join(folder, 'reload.sh'), `#!/bin/sh\necho "$*" >> ${folder}/calls\n`);
  await expect(once(words)).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(text()).resolves.toContain(FOURTH);
  await expect(calls()).resolves.toBe(CALL.repeat(4));
});

test('a command that is not there is said to be', async () => {
  const { once, deploy } = await makeCluster();
  await deploy();
  const { code, stderr } = await once(['--command', '/nonexistent/systemctl reload haproxy']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: [^\n]*\/nonexistent\/systemctl[^\n]*\n$/);
});
