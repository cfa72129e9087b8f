import { expect, jest, test } from '@jest/globals';
import { clusters, type Cluster } from './cluster.ts';
import { run, type Ended } from './command.ts';
import { HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(180_000);

const makeCluster = clusters();
const explain = ({ folder, ends, runDir }: Cluster, ...words: readonly string[]): Promise<Ended> =>
  run({ folder, ends, words: ['explain', ...words, '--run-dir', runDir] });

test('the daemon says who answers for a host, an app and a port; what HAProxy refuses, in its words; and Marathon is read where none runs', async () => {
  const cluster = await makeCluster();
  const { marathon, folder, ends, app, otherApp, ports, daemon, deploy, settled, get } = cluster;
  await deploy();
  const [id, index] = [app.id, 0];
  const away = await explain(cluster, HOST);
  expect(away).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no daemon runs there') });
  const read = await run({ folder, ends, words: ['explain', HOST, '--group', 'external', '--marathon', marathon.url] });
  expect(read).toMatchObject({ code: 0, stdout: expect.stringContaining(`${HOST}/ is served\n`) });

  const { logged } = daemon();
  await logged(/following/);
  await settled();
  await expect(get()).resolves.toMatchObject({ status: '200' });
  const host = await explain(cluster, `http://${HOST}/some/path`);
  expect(host).toMatchObject({ code: 0, stderr: '' });
  expect(host.stdout).toContain(`answered by port ${index} of ${id}`);
  expect(host.stdout).toContain(`:${ports.container}, task `);
  const port = await explain(cluster, `:${ports.service}`, '--json');
  expect(JSON.parse(port.stdout)).toMatchObject({ kind: 'port', served: true, binds: [{ shared: false, answer: { port: { app: id } } }] });

  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option nonsense\n' } });
  await logged(/refused-by-haproxy/);
  await until('the other app is left out', async () => (await explain(cluster, otherApp.id)).stdout.includes('left out (refused)'));
  const refused = await explain(cluster, 'other.acme.org');
  expect(refused).toMatchObject({ code: 1, stderr: 'marathon-lb-ts: other.acme.org/ is not served\n' });
  expect(refused.stdout).toMatch(/port 0 of \/other: HAProxy .* HAPROXY_BACKEND_HTTP_OPTIONS.*unknown option 'nonsense'/);

  const apart = await run({ folder, ends, words: ['explain', 'other.acme.org', '--group', 'external', '--marathon', marathon.url] });
  expect(apart.stdout).toContain("unknown option 'nonsense'"); // the HAProxy of this machine was asked
  const unasked = ['--group', 'external', '--marathon', marathon.url, '--haproxy-bin', '/nowhere/haproxy'];
  const without = await run({ folder, ends, words: ['explain', HOST, ...unasked] });
  expect(without.stdout).toMatch(/whether HAProxy takes it was not looked at: .*\/nowhere\/haproxy/);
  const diff = await run({ folder, ends, words: ['diff', ...cluster.words()] });
  expect(diff.stdout).toContain("unknown option 'nonsense'");
  expect(diff.stdout).not.toContain(`backend other_${ports.other} is added`);

  await expect(explain(cluster, '/nginy')).resolves.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Marathon has no app /nginy; the nearest`),
  });
  await expect(explain(cluster, 'a b')).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining('is no app, host or port') });
});
