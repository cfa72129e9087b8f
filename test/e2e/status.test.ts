import { expect, jest, test } from '@jest/globals';
import { clusters, type Cluster } from './cluster.ts';
import { run, type Ended } from './command.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const status = ({ folder, ends, runDir }: Cluster, ...more: readonly string[]): Promise<Ended> =>
  run({ folder, ends, words: ['status', '--run-dir', runDir, ...more] });

test('a daemon says how far it is in step: before Marathon could be read, when it was, and when it runs no more', async () => {
  const cluster = await makeCluster();
  const { marathon, runDir, daemon, deploy, settled } = cluster;
  await deploy();
  marathon.misbehave.apps = 'html';
  const none = await status(cluster);
  expect(none).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`the daemon of ${runDir} gave no answer to 'status': no daemon runs there`),
  });

  const { signal, ended, logged } = daemon();
  await logged(/following/);
  const words = 'Marathon was not read since this start, and nothing is known';
  const early = await status(cluster);
  expect(early).toMatchObject({ code: 1, stderr: `marathon-lb-ts: ${words}\n` });
  expect(early.stdout).toContain(`${words}\nlast full read of Marathon: none\n`);

  marathon.misbehave.apps = 'ok';
  await until('a first read', async () => (await status(cluster)).code === 0);
  await settled();
  await until('the stream', () => marathon.streams() === 1);
  const good = await status(cluster, '--json');
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(good.stdout)).toEqual({
    ok: true,
    spares: {},
    unbound: [],
    text: expect.stringContaining('in step'),
    synced: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    ageSeconds: expect.any(Number),
    ageLimitSeconds: 600,
    stream: { attached: true, url: marathon.url },
    staleSince: null,
    apps: 1,
    tasks: 3,
    problems: 1,
    haproxy: { state: 'as-wanted' },
  });
  await expect(status(cluster)).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('known: 1 apps, 3 tasks, 1 problems\n'),
  });

  signal('SIGTERM');
  await ended;
  await expect(status(cluster)).resolves.toMatchObject({ code: 1, stderr: expect.stringContaining('no daemon runs there') });
});
