import { expect, jest, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters, type Cluster } from './cluster.ts';
import type { Running } from './command.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();
const certificate = useCertificate();
const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

interface Broken extends Running {
  /** From now on writing below a folder fails so. */
  readonly fail: (code: string, folder: string) => Promise<void>;
  readonly mend: () => Promise<void>;
}

/** A daemon that serves the tutorial, with a disk that can be broken. */
async function begin({ folder, daemon, deploy, served, settled }: Cluster): Promise<Broken> {
  const BROKEN = path.join(folder, 'broken');
  await deploy();
  const NODE_OPTIONS = `--import=${path.resolve('test/e2e/fixtures/break-disk.js')}`;
  const running = daemon(['--ssl-certs', certificate.file()], { env: { BROKEN, NODE_OPTIONS } });
  await running.logged(/has loaded/);
  await served(FIRST);
  await settled();
  return { ...running, fail: (code, where) => writeFile(BROKEN, `${code} ${where}`), mend: () => rm(BROKEN, { force: true }) };
}

/** The app with a line in its backend that only a reload brings. */
function changed({ app }: Cluster, word: string): Cluster['app'] {
  return { ...app, labels: { ...app.labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: `  http-response set-header X-At ${word}\n` } };
}

test('a disk that is full, a folder that is read-only: a sentence, HAProxy serves as before, and it goes on by itself', async () => {
  const cluster = await makeCluster();
  const { marathon, folder, text, worker, served, addTask, app } = cluster;
  const { fail, mend, logged } = await begin(cluster);
  for (const [code, address] of [
    ['ENOSPC', FOURTH],
    ['EROFS', FIFTH],
  ] as const) {
    await cluster.settled();
    const [before, file] = [await worker(), await text()];
    await fail(code, folder);
    await addTask(app.id, address); // by a command, which needs no disk
    await until('the new server', async () => Object.keys(await cluster.answers(10)).includes(address));
    marathon.deploy(changed(cluster, code));
    await expect(logged(new RegExp(`${code}.*could not be updated; trying again`))).resolves.toMatchObject({
      reason: expect.stringContaining(code),
    });
    await expect(Promise.all([worker(), text()])).resolves.toEqual([before, file]);
    marathon.misbehave.events = 'silent';
    await mend();
    await until('what was wanted in the file', async () => (await text()).includes(`X-At ${code}`));
    marathon.misbehave.events = 'ok';
    await until('another worker', async () => (await worker()) !== before);
  }
  await served([...FIRST, FOURTH, FIFTH]);
  await cluster.agreed();
});

test('the file replaced by hand, the state folder gone: the next change writes all again', async () => {
  const cluster = await makeCluster();
  const { marathon, app, folder, config, text, worker, addTask, served, agreed } = cluster;
  const { log } = await begin(cluster);
  const before = await worker();
  await until('the copy of what HAProxy serves, and the note behind it', () => existsSync(path.join(folder, 'state', 'served')));
  await writeFile(config, '# by hand\n');
  await rm(path.join(folder, 'state'), { recursive: true });
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  await agreed(); // the file too
  await expect(worker()).resolves.toBe(before);
  await writeFile(config, '# by hand\n');
  marathon.deploy(changed(cluster, 'last'));
  await until('what was wanted in the file', async () => (await text()).includes('X-At last'));
  await agreed();
  const isOfTheMoment = ({ msg }: { readonly msg: string }): boolean => msg.endsWith('could not be written; trying again'); // the folder went during a write
  expect(log().filter((line) => line.level !== 'info' && !isOfTheMoment(line))).toEqual([]);
});
