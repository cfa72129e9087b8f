import { expect, jest, test } from '@jest/globals';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { isSince } from './release.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();

test('limits are changed while HAProxy runs, and requests are counted on over a reload where HAProxy can', async () => {
  const { marathon, daemon, deploy, served, app, get, settled } = await makeCluster();
  const labels = { ...app.labels, HAPROXY_0_RATE_LIMIT: '1000/1h', HAPROXY_0_MAX_BODY: '1k', HAPROXY_0_MAXCONN: '5' };
  const limited = { ...app, labels };
  await deploy();
  marathon.deploy(limited);
  const { log } = daemon();
  await served(FIRST);
  const body = { method: 'POST', body: 'x'.repeat(1500) };
  await expect(get(body)).resolves.toMatchObject({ status: '413' });
  await settled();
  const before = reloadsIn(log());

  const stricter = { ...labels, HAPROXY_0_RATE_LIMIT: '2/1h', HAPROXY_0_MAX_BODY: '2k', HAPROXY_0_MAXCONN: '6' };
  marathon.deploy({ ...limited, labels: stricter });
  await until('the new limit', async () => (await get()).status === '429');
  marathon.deploy({ ...limited, labels: { ...stricter, HAPROXY_0_RATE_LIMIT: '500/1h' } });
  await until('an end of the limit', async () => (await get()).status === '200');
  await expect(get(body)).resolves.toMatchObject({ status: '200' });
  await settled();
  expect(reloadsIn(log())).toBe(before);

  marathon.deploy({ ...limited, labels: { ...stricter, HAPROXY_0_COMPRESS: 'true' } });
  await until('a reload', () => reloadsIn(log()) > before);
  await settled();
  await expect(get()).resolves.toMatchObject({ status: isSince(3, 0) ? '429' : '200' });
});
