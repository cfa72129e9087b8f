import { expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters, type Cluster } from './cluster.ts';
import { freePorts } from './ports.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

/** What `pattern` finds in a file of packaging/, or of the project. */
async function found(file: string, pattern: RegExp): Promise<string> {
  const [, text] = pattern.exec(await readFile(file, 'utf8')) ?? [];
  if (text === undefined) throw new Error(`${file} has nothing like ${String(pattern)}`);
  return text;
}

/** A folder for PATH with `marathon-lb-ts`, which is given the paths and ports of a cluster as well. */
async function makeProgram({ folder, words }: Cluster): Promise<string> {
  const programs = path.join(folder, 'bin');
  await mkdir(programs);
  const more = words().slice(words().indexOf('--haproxy-config')).join(' ');
  const text = `#!/bin/sh\nexec ${process.execPath} ${path.resolve('bin/marathon-lb-ts.js')} "$@" ${more}\n`;
  await writeFile(path.join(programs, 'marathon-lb-ts'), text, { mode: 0o755 });
  return programs;
}

test('what packaging/ has cron, keepalived and Docker run answers as it should', async () => {
  const cluster = await makeCluster();
  const { marathon, folder, ports, daemon, deploy, served } = cluster;
  const [admin = 0] = await freePorts(1);
  const run = async (command: string) => {
    const { exitCode, stdout, stderr } = await execa('sh', ['-c', command], { cwd: folder, env: { PATH: programs }, reject: false });
    return { exitCode, stdout, stderr };
  };
  const programs = `${await makeProgram(cluster)}:${process.env['PATH'] ?? ''}`;
  await deploy();

  const keepalived = (await found('packaging/keepalived/keepalived.conf', /^ *script "(.*)"$/m)).replace(':9092', `:${admin}`);
  marathon.misbehave.apps = 'html';
  const { signal, ended } = daemon(['--admin-address', `127.0.0.1:${admin}`]);
  await until('a refusal while nothing serves', async () => (await run(keepalived)).exitCode === 22);
  marathon.misbehave.apps = 'ok';
  await until('a yes', async () => (await run(keepalived)).exitCode === 0);

  const script = (await found('compose.yaml', /^ *"(fetch\(.*\))",$/m)).replace(':9090', `:${ports.stats}`);
  await expect(run(`${process.execPath} -e "${script}"`)).resolves.toMatchObject({ exitCode: 0, stderr: '' });
  await expect(run(`${process.execPath} -e "${script.replace(`:${ports.stats}`, `:${admin + 1}`)}"`)).resolves.toMatchObject({
    exitCode: 1,
  });

  signal('SIGTERM');
  await ended;
  expect((await run(keepalived)).exitCode).toBe(7);

  const line = await found('packaging/cron/marathon-lb-ts', /^\* \* \* \* \* root (.*)$/m);
  const cron = line.replace('http://master.mesos:8080', marathon.url).replace('--log-level', '--log-format json --log-level');
  await expect(run(cron)).resolves.toEqual({ exitCode: 0, stdout: '', stderr: '' });
  await served(FIRST);
  marathon.misbehave.apps = 'hang';
  const first = run(cron);
  await until('the lock of a pass', () =>
    readFile(path.join(cluster.runDir, 'daemon.lock')).then(
      () => true,
      () => false,
    ),
  );
  const second = await run(cron);
  expect(second).toMatchObject({ exitCode: 1, stdout: '' });
  expect(second.stderr).toMatch(/^marathon-lb-ts: a pass of marathon-lb-ts \(pid \d+\) is still going on in [^\n]+: nothing was done$/);
  marathon.misbehave.apps = 'html';
  await first;
  const failed = await run(cron);
  expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
  expect(failed.stderr).toMatch(/^marathon-lb-ts: [^\n]+$/); // which cron mails
  await served(FIRST);
});
