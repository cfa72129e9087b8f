import { expect, jest, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusters } from './cluster.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

/** What a fault of ours could be: it comes with SIGCONT, from a file that Node loads first, and nothing in the daemon knows of it. */
const FAULTS = {
  'an exception of a timer': `setTimeout(() => { throw new Error('a fault of the test'); }, 1);`,
  'a rejection that nobody handles': `void Promise.reject(new Error('a fault of the test'));`,
  'an exception in the loop': `Array.prototype.with = () => { throw new Error('a fault of the test'); };`, // an app read again is put in its place
};

test.each(Object.entries(FAULTS))(
  '%s ends the daemon with a sentence; HAProxy serves on, and the next daemon follows',
  async (_, fault) => {
    const { folder, app, daemon, deploy, addTask, served, settled, get, worker } = await makeCluster();
    await deploy();
    const file = path.join(folder, 'fault.mjs');
    await writeFile(file, `process.on('SIGCONT', () => { ${fault} });`);
    const { signal, ended, logged } = daemon(['--log-level', 'debug'], { env: { NODE_OPTIONS: `--import=${file}` } });
    await logged(/has loaded/);
    await settled();
    const before = await worker();
    signal('SIGCONT');
    await addTask(app.id, '127.50.0.71');
    const { code, stderr, log } = await ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^marathon-lb-ts: [^\n]*a fault of the test\n$/) });
    expect(log.at(-1)).toMatchObject({ level: 'debug', stack: expect.stringContaining('fault.mjs') });
    await expect(get()).resolves.toMatchObject({ status: '200' });
    daemon();
    await served([...FIRST, '127.50.0.71']);
    await expect(worker()).resolves.toBe(before);
  },
);
