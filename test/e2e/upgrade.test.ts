import { expect, jest, test } from '@jest/globals';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusters } from './cluster.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

test('a HAProxy that is upgraded under a running daemon: the next configuration is written for it', async () => {
  const { marathon, folder, config, ports, app, otherApp, daemon, deploy, addTask, served } = await makeCluster();
  const [bin, version] = [join(folder, 'haproxy'), join(folder, 'version')];
  await writeFile(version, 'HAProxy version 2.6.12 2023/01/01\n');
  await writeFile(bin, `#!/bin/sh\nif [ "$1" = -vv ]; then exec cat '${version}'; fi\nexec haproxy "$@"\n`);
  await chmod(bin, 0o755);
  await deploy();
  daemon(['--haproxy-bin', bin]);
  await served(FIRST);
  expect(await readFile(config, 'utf8')).toMatch(/^frontend nginx_\d+$/m);
  await writeFile(version, 'HAProxy version 3.3.0 2025/01/01\n');
  await addTask(app.id, FOURTH); // HAProxy takes it as it runs, so its file is not another one for it
  await served([...FIRST, FOURTH]);
  expect(await readFile(config, 'utf8')).toMatch(/^frontend nginx_\d+$/m);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FIFTH);
  await until('frontends of 3.3', async () => /^frontend nginx_\d+-in$/m.test(await readFile(config, 'utf8')));
  await served([...FIRST, FOURTH]);
  await served([FIFTH], { port: ports.other });
});
