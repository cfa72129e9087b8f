import { expect, jest, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ask, type Answer, type Question } from './ask.ts';
import { clusters, type Cluster } from './cluster.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

const UNAVAILABLE = '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n';

const HASH = '$5$salt$QlAsbFhYlEiJyYTLXxWxVVp4tGQrhNmdxY6VQ8UTJ0B';

const get = ({ ports }: Cluster, where: string, more: Partial<Question> = {}): Promise<Answer> =>
  ask({ port: ports.stats, path: where, ...more });

test("the stats port answers marathon-lb's paths with its bodies, codes and content types", async () => {
  const cluster = await makeCluster();
  const { app, otherApp, marathon, daemon, deploy, addTask, served, settled, worker } = cluster;
  await deploy();
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_AUTH: `realm:shop:${HASH}` } });
  const { signal, ended } = daemon();
  await served(FIRST);
  await settled();
  const plain = (body: unknown): object => ({ status: '200', headers: { 'content-type': 'text/plain' }, body });
  const isOpen = async (where: string): Promise<string> => (await get(cluster, where)).status;

  const pids = await get(cluster, '/_haproxy_getpids?x=1');
  expect(pids).toMatchObject(plain(expect.stringMatching(/^\d+ \d+$/)));
  expect(pids.body.split(' ')).toContain(String(await worker()));
  await expect(get(cluster, '/_haproxy_getappmap')).resolves.toMatchObject(plain(expect.stringMatching(/^\/?\S+ \S+(\n\S+ \S+)*$/)));
  await expect(get(cluster, '/_haproxy_getvhostmap', { method: 'POST', body: 'x' })).resolves.toMatchObject(plain(expect.any(String)));

  await addTask(app.id, '127.84.0.199'); // which HAProxy takes by a command
  await served([...FIRST, '127.84.0.199']);
  const shown = await get(cluster, '/_haproxy_getconfig');
  expect(shown).toMatchObject(plain(expect.stringContaining('127.84.0.199')));
  expect(shown.body).toMatch(/^ *user shop password \*\*\*$/m);
  expect(shown.body).not.toContain(HASH);

  await expect(get(cluster, '/_mlb_signal/hup')).resolves.toMatchObject(plain('Sent SIGHUP signal to marathon-lb'));
  const before = await worker();
  await expect(get(cluster, '/_mlb_signal/usr1')).resolves.toMatchObject(plain('Sent SIGUSR1 signal to marathon-lb'));
  await until('another worker', async () => ![before, 0].includes(await worker()));

  await expect(get(cluster, '/metrics')).resolves.toMatchObject({
    status: '200',
    headers: { 'content-type': 'text/plain; version=0.0.4' },
    body: expect.stringContaining('# TYPE haproxy_'),
  });
  await expect(get(cluster, '/_mlb/metrics')).resolves.toMatchObject({ status: '200', body: expect.stringContaining('marathon_lb_') });
  await expect(get(cluster, '/haproxy?stats;csv')).resolves.toMatchObject({
    status: '200',
    body: expect.stringMatching(/^# pxname,svname,/),
  });
  await expect(get(cluster, '/_haproxy_health_check')).resolves.toMatchObject({
    status: '200',
    headers: { 'content-type': 'text/html' },
    body: '<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n',
  });
  for (const other of ['/', '/_haproxy_getpids/', '/v1/config', '/haproxy'])
    await expect(get(cluster, other)).resolves.toMatchObject({
      status: '503',
      headers: { 'content-type': 'text/html' },
      body: UNAVAILABLE,
    });
  await expect(get(cluster, '/_mlb_signal/usr1', { headers: { origin: 'http://evil.example' } })).resolves.toMatchObject({ status: '403' });

  signal('SIGTERM');
  await ended;
  await expect(isOpen('/_haproxy_getpids')).resolves.toBe('503'); // HAProxy's own: nobody is there who knows
  await expect(isOpen('/_haproxy_health_check')).resolves.toBe('200');
});

test('whoever is in none of the networks gets the health page and nothing else', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, settled } = cluster;
  await deploy();
  daemon(['--admin-networks', '127.0.0.1,10.0.0.0/8']);
  await served(FIRST);
  await settled();
  const paths = ['/_haproxy_getconfig', '/_mlb_signal/hup', '/haproxy?stats', '/metrics', '/_mlb/metrics', '/'];
  for (const where of paths) await expect(get(cluster, where, { from: '127.0.0.2' })).resolves.toMatchObject({ status: '403' });
  await expect(get(cluster, '/_haproxy_health_check', { from: '127.0.0.2' })).resolves.toMatchObject({ status: '200' });
  await expect(get(cluster, '/_haproxy_getconfig')).resolves.toMatchObject({ status: '200' });
});

test('by default that is whoever is not on this machine and in no private network', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, folder, ports } = cluster;
  await deploy();
  const templates = path.join(folder, 'templates');
  await mkdir(templates);
  const head = await readFile('templates/HAPROXY_HEAD.hbs', 'utf8');
  await writeFile(path.join(templates, 'HAPROXY_HEAD.hbs'), head.replace('bind {{statsBind}}', 'bind {{statsBind}} accept-proxy'));
  daemon(['--templates-dir', templates]);
  await served(FIRST);
  const statusFor = async (address: string, where: string): Promise<string> => {
    const [family, own] = address.includes(':') ? ['TCP6', '::1'] : ['TCP4', '127.0.0.1'];
    const socket = connect(ports.stats, '127.0.0.1');
    socket.end(`PROXY ${family} ${address} ${own} 40000 9090\r\nGET ${where} HTTP/1.0\r\n\r\n`);
    return /^HTTP\/1\.\d (\d+)/.exec(await text(socket))?.[1] ?? 'no answer';
  };
  for (const where of ['/_haproxy_getconfig', '/_mlb_signal/usr1', '/haproxy?stats', '/metrics', '/_mlb/'])
    for (const address of ['203.0.113.5', '100.64.0.1', '2001:db8::1']) await expect(statusFor(address, where)).resolves.toBe('403');
  await expect(statusFor('203.0.113.5', '/_haproxy_health_check')).resolves.toBe('200');
  for (const address of ['127.0.0.9', '10.9.9.9', '172.31.0.1', '192.168.1.1', '::1', 'fd00::1'])
    await expect(statusFor(address, '/_haproxy_getpids')).resolves.toBe('200');
});
