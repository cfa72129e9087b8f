import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { servedNow } from '../../src/daemon/served-now.ts';
import { servedBySpares } from '../../src/haproxy/spares.ts';
import { settingsWith } from '../golden/cases.ts';
import { makeFolders } from '../lib/folder.ts';

const makeFolder = makeFolders('served');
const ends: (() => unknown)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test('HAProxy is asked whom spare backends serve; where it is away, the file on the disk says so, and that is told', async () => {
  const folder = await makeFolder();
  const settings = settingsWith({ haproxyConfig: path.join(folder, 'haproxy.cfg') });
  await expect(servedNow(settings)).resolves.toEqual({ maps: { 'spares.map': new Map() } });

  await writeFile(path.join(folder, 'spares.map'), 'Serves:marathon_lb_spare_1a_1 cart_10004\n');
  const { maps, aside } = await servedNow(settings);
  expect([...servedBySpares({ maps })]).toEqual([['marathon_lb_spare_1a_1', 'cart_10004']]);
  expect(aside).toBe(
    `which spare backend serves a port is from ${folder}/spares.map, because no HAProxy answers on ${folder}/haproxy.cfg.sock`,
  );

  const asked: string[] = [];
  const haproxy = createServer((socket) =>
    socket.on('data', (chunk) => (asked.push(String(chunk)), socket.end('0x55d0 Serves:marathon_lb_spare_1a_2 blog_10005\n\n'))),
  );
  ends.push(() => haproxy.close());
  await once(haproxy.listen(path.join(folder, 'haproxy.cfg.sock')), 'listening');
  const now = await servedNow(settings);
  expect([...servedBySpares(now)]).toEqual([['marathon_lb_spare_1a_2', 'blog_10005']]);
  expect(now.aside).toBeUndefined();
  expect(asked).toEqual([`show map ${folder}/spares.map\n`]);
});
