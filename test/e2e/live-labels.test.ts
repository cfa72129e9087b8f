import { expect, jest, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { isSince } from './release.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

/** The address of the only task of the other app. */
const BACKUP = '127.50.0.71';
/** The address of the task that the app gets when it has lost all others. */
const RETURNING = '127.50.0.72';

const makeCluster = clusters();

test('an error page is used once it is there, limits are changed while HAProxy runs, a different app stands in, and requests are counted on over a reload where HAProxy can', async () => {
  const { marathon, folder, daemon, deploy, served, app, otherApp, addTask, get, settled } = await makeCluster();
  const labels = {
    ...app.labels,
    HAPROXY_0_RATE_LIMIT: '900001/1h',
    HAPROXY_0_MAX_BODY: '1k',
    HAPROXY_0_MAXCONN: '5',
    HAPROXY_0_BACKUP: otherApp.id,
    HAPROXY_0_ERROR_PAGE_413: 'large.html',
  };
  const limited = { ...app, labels };
  const tasks = await deploy();
  marathon.deploy(limited);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, BACKUP);
  const pages = path.join(folder, 'pages');
  await mkdir(pages);
  const { log, logged } = daemon(['--error-pages', pages]);
  await served(FIRST);
  const body = { method: 'POST', body: 'x'.repeat(1500) };
  await expect(logged(/large\.html.*there is no such file, so HAProxy answers with its own page/)).resolves.toMatchObject({
    code: 'file',
    app: app.id,
  });
  await expect(get(body)).resolves.toMatchObject({ status: '413', body: expect.not.stringContaining('too large') });
  await writeFile(path.join(pages, 'large.html'), '<p>too large</p>');
  await until('the page', async () => (await get(body)).body === '<p>too large</p>');
  await settled();
  const before = reloadsIn(log());

  const stricter = { ...labels, HAPROXY_0_RATE_LIMIT: '2/1h', HAPROXY_0_MAX_BODY: '2k', HAPROXY_0_MAXCONN: '6' };
  marathon.deploy({ ...limited, labels: stricter });
  await until('the new limit', async () => (await get()).status === '429');
  marathon.deploy({ ...limited, labels: { ...stricter, HAPROXY_0_RATE_LIMIT: '900000/1h' } });
  await until('an end of the limit', async () => (await get()).status === '200');
  await expect(get(body)).resolves.toMatchObject({ status: '200' });

  for (const { id } of tasks) marathon.killTask(app.id, id);
  await served([BACKUP]);
  await addTask(app.id, RETURNING);
  await served([RETURNING]);
  await settled();
  expect(reloadsIn(log())).toBe(before);

  marathon.deploy({ ...limited, labels: { ...stricter, HAPROXY_0_COMPRESS: 'true' } });
  await until('a reload', () => reloadsIn(log()) > before);
  await settled();
  await expect(get()).resolves.toMatchObject({ status: isSince(3, 0) ? '429' : '200' });
});
