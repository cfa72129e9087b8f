import { expect, jest, test } from '@jest/globals';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { ask, type Heard } from '../admin/rig.ts';
import { clusters, type Cluster } from './cluster.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { freePorts, occupy } from './ports.ts';
import { FIRST, HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const certificate = useCertificate();

const get = ({ runDir }: Cluster, where: string): Promise<Heard> => ask({ socketPath: path.join(runDir, 'admin.sock'), path: where });
const is = (cluster: Cluster, where: string, status: number): Promise<boolean> =>
  get(cluster, where).then(
    (heard) => heard.status === status,
    () => false,
  );

test('health says whether the daemon lives, HAProxy serves, and both are in step with Marathon', async () => {
  const cluster = await makeCluster({ heartBeatMs: 200 });
  const { marathon, daemon, deploy, settled, served } = cluster;
  await deploy();
  marathon.misbehave.apps = 'html';
  daemon(['--max-staleness', '3']);
  await until('the socket', () => is(cluster, '/health/live', 200));
  const early = await get(cluster, '/health/sync');
  expect(early.status).toBe(503);
  expect(JSON.parse(early.text)).toMatchObject({
    ok: false,
    reasons: [{ code: 'not-read' }, { code: 'no-haproxy' }, { code: 'not-as-wanted' }],
    synced: null,
  });
  expect(JSON.parse((await get(cluster, '/health/ready')).text)).toMatchObject({ ok: false, reasons: [{ code: 'no-haproxy' }] });

  marathon.misbehave.apps = 'ok';
  await until('a first read', () => is(cluster, '/health/ready', 200));
  await settled();
  await until('the beats of the stream, which show that nothing was missed', () => is(cluster, '/health/sync', 200));

  marathon.misbehave.apps = 'html';
  marathon.misbehave.events = 'silent';
  const stale = await until('nothing is heard any more', async () => {
    const heard = await get(cluster, '/health/sync');
    return heard.status === 503 && heard;
  });
  expect(JSON.parse(stale.text)).toMatchObject({ ok: false, reasons: [{ code: 'stale', text: expect.stringContaining('3 s') }] });
  await expect(is(cluster, '/health/ready', 200)).resolves.toBe(true);
  await served(FIRST); // what was known serves on

  marathon.misbehave.apps = 'ok';
  marathon.misbehave.events = 'ok';
  await settled();
  await until('a read again', () => is(cluster, '/health/sync', 200));
});

test('the usual address may be taken, one that is given may not; the socket comes back when somebody removes it', async () => {
  const cluster = await makeCluster();
  const { runDir, ends, daemon, once, deploy } = cluster;
  await deploy();
  const [given = 0] = await freePorts(1);
  const free = await occupy({ port: given, ends });
  const refused = await daemon(['--admin-address', `127.0.0.1:${given}`]).ended;
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${given}`) });
  expect(refused.stderr).toContain('--admin-address');
  await expect(once()).resolves.toMatchObject({ code: 0 }); // one pass has no admin side
  await free();

  const { logged, signal, ended } = daemon(['--admin-address', `127.0.0.1:${given}`]);
  await logged(/following/);
  await until('an answer over TCP', () => ask({ port: given, path: '/health/live' }).then(({ status }) => status === 200));
  await rm(path.join(runDir, 'admin.sock'));
  await logged(/is made again/);
  await until('the socket', () => is(cluster, '/health/live', 200));
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0 });
  await expect(ask({ port: given, path: '/health/live' })).rejects.toThrow('ECONNREFUSED');
});

/** What an answer says. */
async function read(cluster: Cluster, where: string): Promise<Record<string, unknown>> {
  const { status, text } = await get(cluster, where);
  if (status !== 200) throw new Error(`${where}: ${status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

const post = ({ runDir }: Cluster, where: string): Promise<Heard> =>
  ask({ socketPath: path.join(runDir, 'admin.sock'), path: where, method: 'POST' });

test('the API says what serves and what has changed, hears what changes, and keeps its history over a restart', async () => {
  const cluster = await makeCluster();
  const { marathon, app, daemon, deploy, addTask, served, worker } = cluster;
  const [task] = await deploy();
  const first = daemon();
  await served(FIRST);
  const events: string[] = [];
  const listening = request({ socketPath: path.join(cluster.runDir, 'admin.sock'), path: '/v1/events' }, (response) => {
    response.setEncoding('utf8').on('data', (chunk: string) => events.push(chunk));
  });
  listening.on('error', () => undefined).end(); // it ends with the daemon
  await until('a listener', () => events.length > 0);

  await expect(read(cluster, '/v1/apps')).resolves.toMatchObject({
    apps: [{ app: app.id, tasks: 3, ports: [{ index: 0, hosts: [HOST], servers: 3 }] }],
  });
  await expect(read(cluster, `/v1/apps${app.id}`)).resolves.toMatchObject({ app: app.id, served: true, ports: [{ served: true }] });
  await expect(read(cluster, `/v1/routes?host=${HOST}`)).resolves.toMatchObject({ host: HOST, served: true });

  marathon.killTask(app.id, task?.id ?? '');
  await addTask(app.id, '127.84.0.199');
  await served([...FIRST.slice(1), '127.84.0.199']);
  await until('the changes', () => /event: change\ndata: .*server-added/.test(events.join('')));
  const config = await get(cluster, '/v1/config');
  expect(config.text).toContain('127.84.0.199'); // which HAProxy took by a command
  const { text: metrics } = await get(cluster, '/metrics');
  for (const line of [
    /^marathon_lb_apps 1$/m,
    /^marathon_lb_servers\{state="serves"\} 3$/m,
    /^marathon_lb_haproxy_up 1$/m,
    /^marathon_lb_stream_connected 1$/m,
    /^marathon_lb_reloads_total [1-9]/m,
    /^marathon_lb_commands_total\{outcome="taken"\} [1-9]/m,
    /^marathon_lb_marathon_requests_total\{code="200"\} [1-9]/m,
    /^marathon_lb_event_to_applied_seconds_count [1-9]/m,
    /^marathon_lb_old_workers \d/m,
  ])
    expect(metrics).toMatch(line);
  const before = await worker();
  await expect(post(cluster, '/v1/resync')).resolves.toMatchObject({ status: 200 });
  await expect(post(cluster, '/v1/reload')).resolves.toMatchObject({ status: 202 });
  await until('another worker', async () => ![before, 0].includes(await worker()));
  await until('the reload in the history', async () => JSON.stringify(await read(cluster, '/v1/history')).includes('by-hand'));
  const { changes } = (await read(cluster, '/v1/history')) as { changes: readonly { id: number; result: string }[] };
  expect(changes.map(({ result }) => result)).toEqual(expect.arrayContaining(['reload', 'commands']));

  first.signal('SIGTERM');
  await first.ended;
  daemon();
  await until('the socket', () => is(cluster, '/health/sync', 200));
  const { changes: kept } = (await read(cluster, '/v1/history')) as { changes: readonly { id: number }[] };
  expect(kept.map(({ id }) => id)).toEqual(expect.arrayContaining(changes.map(({ id }) => id)));
});

test('a template that HAProxy refuses is told, and a revert of it turns the health green again', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, folder } = cluster;
  await deploy();
  const templates = path.join(folder, 'broken');
  await mkdir(templates);
  const { signal, ended } = daemon();
  await served(FIRST);
  await until('in sync', () => is(cluster, '/health/sync', 200));
  signal('SIGTERM');
  await ended;

  const template = await readFile('templates/HAPROXY_HTTP_FRONTEND_HEAD.hbs', 'utf8');
  await writeFile(path.join(templates, 'HAPROXY_HTTP_FRONTEND_HEAD.hbs'), `${template}  no-such-word\n`);
  const broken = daemon(['--templates-dir', templates]);
  await until('a refusal', async () => {
    const { status, text } = await get(cluster, '/health/sync').catch(() => ({ status: 0, text: '' }));
    return status === 503 && text.includes('no-such-word');
  });
  expect(JSON.stringify(await read(cluster, '/v1/history'))).toContain('no-such-word');
  expect(JSON.stringify(await read(cluster, '/v1/problems'))).toContain('no-such-word');
  await served(FIRST);
  broken.signal('SIGTERM');
  await broken.ended;

  daemon();
  await until('in sync again', () => is(cluster, '/health/sync', 200));
});

test('no answer has a secret, no page of another site gets one, and what is reverted before a reload is in sync again', async () => {
  const cluster = await makeCluster();
  const { marathon, app, daemon, deploy, served, worker, folder, runDir } = cluster;
  await deploy();
  const secrets = ['$5$salt$QlAsbFhYlEiJyYTLXxWxVVp4tGQrhNmdxY6VQ8UTJ0B', 'opensesame', 'Zm9yYW5hcHA6b3BlbnNlc2FtZQ', 'ofanheader'];
  const lines = `  http-request set-header Authorization "Basic ${secrets[2] ?? ''}"\n  http-request set-header X-Api-Key ${secrets[3] ?? ''}\n`;
  const labels = { ...app.labels, HAPROXY_0_AUTH: `realm:shop:${secrets[0] ?? ''}`, HAPROXY_0_BACKEND_HTTP_OPTIONS: lines };
  marathon.deploy({ ...app, labels });
  const templates = path.join(folder, 'templates');
  await mkdir(templates);
  const head = await readFile('templates/HAPROXY_HEAD.hbs', 'utf8');
  await writeFile(
    path.join(templates, 'HAPROXY_HEAD.hbs'),
    head.replace('stats enable', `stats enable\n  stats auth ops:${secrets[1] ?? ''}`),
  );
  const flags = ['--templates-dir', templates, '--ssl-certs', certificate.file(), '--reload-min-interval', '600000'];
  daemon(flags);
  await served(['401']);
  await until('in sync', () => is(cluster, '/health/sync', 200));

  const { paths } = (await read(cluster, '/v1/openapi.json')) as { paths: Readonly<Record<string, { readonly get?: object }>> };
  const filled = Object.keys(paths).map((one) => one.replace('/{id}', app.id).replace('{backend}', `nginx_${cluster.ports.service}`));
  const asked = [
    `/v1/routes?host=${HOST}`,
    `/v1/explain?about=${app.id}`,
    `/v1/explain?about=:${cluster.ports.service}`,
    '/_haproxy_getconfig',
  ];
  for (const where of [...filled.filter((one) => !/\/v1\/(?:events|re)/.test(one)), ...asked]) {
    const { text } = await get(cluster, where);
    for (const secret of secrets) expect({ where, isShown: text.includes(secret) }).toEqual({ where, isShown: false });
  }
  const socketPath = path.join(runDir, 'admin.sock');
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
    await expect(ask({ socketPath, path: '/v1/apps', headers })).resolves.toMatchObject({ status: 403 });

  const figures = async (): Promise<string> => (await get(cluster, '/metrics')).text;
  const expires = /^marathon_lb_certificate_expiry_timestamp_seconds\{file="(.+)"\} (\S+)$/m.exec(await figures()) ?? [];
  expect(expires[1]).toBe(certificate.file());
  expect(Number(expires[2])).toBeGreaterThan(Date.now() / 1000);

  const before = await worker();
  marathon.deploy({ ...app, labels: { ...labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: `${lines}  option forwardfor\n` } });
  await until('a change that waits for its reload', async () => (await figures()).includes('marathon_lb_in_sync 0'));
  marathon.deploy({ ...app, labels });
  await until('in sync by the revert', async () => (await figures()).includes('marathon_lb_in_sync 1'));
  await expect(worker()).resolves.toBe(before);
});
