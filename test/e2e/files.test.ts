import { expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();
const certificate = useCertificate();
const run = promisify(execFile);
const [SECOND, THIRD] = ['127.50.0.71', '127.50.0.72'] as const;

/** Makes what a label of the second app names. */
type Bad = (file: string) => Promise<unknown>;

const pipe: Bad = (file) => run('mkfifo', [file]);
const folder: Bad = async (file) => {
  await mkdir(file);
  await run('sh', ['-c', 'seq 100000 | xargs touch'], { cwd: file });
};

test.each<[string, string, Bad, (file: string) => string, RegExp]>([
  ['a pipe behind ca-file', 'BIND_OPTIONS', pipe, (file) => `ssl crt ${certificate.file()} ca-file ${file} verify optional`, /is a pipe/],
  ['a pipe behind tls-ticket-keys', 'BIND_OPTIONS', pipe, (file) => `ssl crt ${certificate.file()} tls-ticket-keys ${file}`, /is a pipe/],
  ['/dev/zero behind crt-list', 'BIND_OPTIONS', () => Promise.resolve(), () => 'ssl crt-list /dev/zero', /\/dev\/zero.* is a device/],
  ['a folder of 100,000 files behind crt', 'BIND_OPTIONS', folder, (file) => `ssl crt ${file}`, /more than 1000 files/],
  ['a pipe behind errorfile', 'BACKEND_HTTP_OPTIONS', pipe, (file) => `  errorfile 503 ${file}\n`, /is a pipe/],
])('%s: its own port is left out, and nobody else waits', async (_, name, make, valueOf, found) => {
  const { marathon, folder: place, ports, daemon, deploy, served, addTask, app, otherApp, get, text } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await served(FIRST);
  const [file, label] = [path.join(place, 'named'), `HAPROXY_0_${name}`];
  await make(file);
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, [label]: valueOf(file) } });
  await addTask(otherApp.id, SECOND);
  const problem = await logged(found);
  expect(problem).toMatchObject({ level: 'warn', app: '/other', port: 0, label });

  const more = { HAPROXY_0_VHOST: 'more.acme.org', HAPROXY_0_BACKEND_HTTP_OPTIONS: '  http-response set-header X-At more\n' };
  marathon.deploy({ ...app, labels: { ...app.labels, ...more } });
  await addTask(app.id, THIRD);
  await served([...FIRST, THIRD], { host: 'more.acme.org' });
  await served([...FIRST, THIRD], { port: ports.service });
  await until('a file that HAProxy has read whole', async () => (await text()).includes('X-At more'));
  await expect(get({ port: ports.other })).resolves.toMatchObject({ status: 'ECONNREFUSED' });
  expect(log().filter(({ code }) => code === 'refused-by-haproxy')).toEqual([]);

  if (name === 'BACKEND_HTTP_OPTIONS') return;
  await served([SECOND], { host: OTHER_HOST });
});

test('a file that is put right is used without a change of the label; one that was good is served on from a copy', async () => {
  const { marathon, folder: place, ports, text, daemon, deploy, served, otherApp, addTask, get } = await makeCluster();
  await deploy();
  const { logged, log } = daemon();
  await served(FIRST);
  const file = path.join(place, 'ca.pem');
  await pipe(file);
  const options = `ssl crt ${certificate.file()} ca-file ${file} verify optional`;
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_BIND_OPTIONS: options } });
  await addTask(otherApp.id, SECOND);
  await logged(/is a pipe/);
  await rm(file);
  await run('cp', [certificate.file(), file]);
  await until('the bind', async () => (await get({ port: ports.other })).status !== 'ECONNREFUSED');
  expect(await text()).toContain(` ${options}\n`);
  const before = reloadsIn(log());

  await writeFile(file, 'nothing');
  await logged(/holds no certificate in PEM.*the previous one stays in use/);
  await until('a copy in its place', async () => /ca-file \S+\/state\/certificates\/\S+ verify optional\n/.test(await text()));
  await until('a reload', () => reloadsIn(log()) > before);
});
