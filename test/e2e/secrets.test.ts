import { expect, jest, test } from '@jest/globals';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ignoreMissing } from '../../src/lib/missing.ts';
import { clusters, type Cluster } from './cluster.ts';
import { run } from './command.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const certificate = useCertificate();
const HASH = '$6$saltsalt$4XUEzBW5j2gGe0pIVBxkwmBhzTMCFJPRr9uwv8EvTUvPz3cUTQw2Cp4sdC7tO4AU7Xe4Qb9kGqMe0n5bS8fGp0';

/** All files and folders below one, each with its mode. A file that is put in place of another meanwhile is gone when it is looked at, and left out. */
async function modesBelow(folder: string): Promise<readonly (readonly [path: string, isFolder: boolean, mode: number])[]> {
  const names = await readdir(folder, { recursive: true });
  const found = await Promise.all(names.map(async (name) => ({ name, entry: await stat(path.join(folder, name)).catch(ignoreMissing) })));
  return found.flatMap(
    ({ name, entry }) => (entry === undefined ? [] : [[name, entry.isDirectory(), entry.isSocket() ? 0 : entry.mode & 0o777] as const]), // a socket has a mode of its own
  );
}

test('with a umask of 000 nobody else may read a file or look into a folder', async () => {
  const cluster = await makeCluster();
  const { folder, daemon, deploy, served, marathon, app, text, addTask } = cluster;
  await rm(path.join(folder, 'state'), { recursive: true, force: true }); // the daemon makes that one, and the certificate in it
  await deploy();
  const labels = { ...app.labels, HAPROXY_0_AUTH: `realm:bob:${HASH}`, HAPROXY_0_SSL_CERT: certificate.file() };
  marathon.deploy({ ...app, labels });
  const config = path.join(folder, 'etc', 'haproxy.cfg');
  daemon(['--haproxy-config', config], { before: ['sh', '-c', 'umask 000 && exec "$@"', 'sh'] });
  await served(['401']);
  marathon.deploy({ ...app, labels: { ...labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  http-response set-header X-At two\n' } });
  await until('an archived file', async () => (await readdir(path.join(folder, 'state', 'archive')).catch(() => [])).length > 0);
  await addTask(app.id, '127.50.0.71');
  const known = path.join('state', 'known.json');
  await until('the snapshot', async () => (await modesBelow(folder)).some(([name]) => name === known));
  const modes = await modesBelow(folder);
  expect(modes.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'etc/haproxy.cfg',
      'etc/domain2backend.map',
      'state/confirmed/haproxy.cfg',
      'state/certificates',
      'run/haproxy.log',
    ]),
  );
  const open = modes.filter(([, isFolder, mode]) => (mode & (isFolder ? 0o027 : 0o077)) !== 0);
  expect(open).toEqual([]);
  await expect(text()).rejects.toMatchObject({ code: 'ENOENT' }); // the one of the cluster is not written
});

function status({ runDir, folder, ends }: Cluster) {
  return run({ folder, ends, words: ['status', '--run-dir', runDir] });
}

test('what HAProxy quotes of a line with secrets is shown neither in the log nor by status', async () => {
  const cluster = await makeCluster();
  const { folder, daemon, deploy, served, marathon, otherApp } = cluster;
  await deploy();
  const templates = path.join(folder, 'operator');
  await mkdir(templates);
  const first = daemon();
  await served(FIRST);
  first.signal('SIGTERM');
  await first.ended;
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS'), `  mode ${HASH}\n`);
  marathon.deploy(otherApp);
  const { logged, stdout } = daemon(['--templates-dir', templates, '--log-level', 'debug']);
  await logged(/refused-by-haproxy/);
  await until('a red status', async () => (await status(cluster)).code === 1);
  const { stdout: shown, stderr } = await status(cluster);
  const all = stdout() + shown + stderr;
  expect(stderr).toContain('***');
  expect(all).not.toContain(HASH);
});
