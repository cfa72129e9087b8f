import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { needBuild } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import type { Ends } from './fixtures/stage.ts';

const ends: Ends = [];
beforeAll(needBuild);
afterEach(() => endAll(ends));

/** How a process ends that leaves with 3 while this is going on. */
async function endOf(work: string, folder = '.'): Promise<readonly [number | null, string | null, string]> {
  const text = `import { leave } from '${path.resolve('dist/cli/exit.js')}'; ${work}; leave(3, 100);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return [code, signal, stdout.slice(-4)];
}

test.each([
  ['nothing', ''],
  ['a socket that listens', `import { createServer } from 'node:net'; createServer().listen(0, '127.0.0.1')`],
  ['a timer', 'setInterval(() => undefined, 1_000)'],
  [
    'files that are read again and again',
    `import { readFile } from 'node:fs/promises'; (async () => { for (;;) await readFile('/proc/stat'); })()`,
  ],
])('a process that is done ends with its code, whatever is left: %s', async (_, work) => {
  await expect(endOf(work)).resolves.toEqual([3, null, '']);
});

test('all its output is read first', async () => {
  const work = `process.stdout.write('x'.repeat(5_000_000) + 'end.'); setInterval(() => undefined, 1_000)`;
  await expect(endOf(work)).resolves.toEqual([3, null, 'end.']);
});

test('a file that does not answer ends with it', async () => {
  const folder = await makeFolder(ends);
  await promisify(execFile)('mkfifo', [path.join(folder, 'pipe')]);
  await expect(endOf(`import { readFile } from 'node:fs/promises'; void readFile('pipe')`, folder)).resolves.toEqual([null, 'SIGKILL', '']);
});
