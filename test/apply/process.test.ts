import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gist, makeProcess, type OwnProcess } from '../../src/apply/process.ts';
import { makeLogger } from '../../src/lib/logger.ts';

const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** What a master of 3.x shows; its pid is this process, as it lives. */
interface Shown {
  readonly workers: readonly number[];
  readonly old: readonly number[];
  readonly failed: number;
  readonly serves: number | undefined;
}

/** A 3.x master on the run folder's socket: shows the first state, and at each `reload` the next answer and state. */
async function fakeMaster(first: Shown, reloads: readonly (readonly [answer: string, next: Shown])[]): Promise<string> {
  const runDir = await mkdtemp(join(tmpdir(), 'fake-'));
  ends.push(() => rm(runDir, { recursive: true, force: true }));
  let now = first;
  const left = [...reloads];
  const row = (pid: number): string => `${pid} worker 0 0d00h00m01s 3.2.0\n`;
  const answers: Readonly<Record<string, () => string>> = {
    'show proc': () =>
      `${process.pid} master 1 [failed: ${now.failed}] 0d00h00m01s 3.2.0\n# workers\n${now.workers.map(row).join('')}# old workers\n${now.old.map(row).join('')}`,
    '@1 show info': () => (now.serves === undefined ? '' : `Version: 3.2.0\nPid: ${now.serves}\nStopping: 0\n`),
    reload: () => {
      const [answer, next] = left.shift() ?? ['', now];
      now = next;
      return answer;
    },
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (chunk) => {
        const command = chunk.toString().trim();
        const [, pid] = /^@!(\d+) show info$/.exec(command) ?? [];
        const asked = pid === undefined ? command : pid === String(now.serves) ? '@1 show info' : '';
        socket.end(answers[asked]?.() ?? 'no such\n');
      });
  });
  ends.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(join(runDir, 'master.sock'), resolve));
  return runDir;
}

function make(runDir: string): OwnProcess {
  return makeProcess({ bin: 'false', runDir, config: '/none', log, fingerprint: () => 'f', deadlineMs: 300, pauseMs: 5 });
}

const SERVING: Shown = { workers: [11], old: [], failed: 0, serves: 11 };
const RELOADED: Shown = { workers: [process.ppid], old: [11], failed: 0, serves: process.ppid };
const REFUSED: Shown = { workers: [], old: [11], failed: 1, serves: 11 };

test('3.x: a reload is confirmed by another worker that serves, and noted', async () => {
  const runDir = await fakeMaster(SERVING, [['Success=1\n--\n', RELOADED]]);
  const own = make(runDir);
  await own.reload([]);
  await expect(own.adopt()).resolves.toEqual({ worker: process.ppid });
  await expect(own.applied()).resolves.toBe('f');
});

test('3.x: a refused reload tells what came with the answer, and who serves on', async () => {
  const runDir = await fakeMaster(SERVING, [
    ["Success=0\n--\n[NOTICE]   (7) : haproxy version is 3.2.0\n[ALERT]    (7) : config : unknown keyword 'x'\n", REFUSED],
  ]);
  await expect(make(runDir).reload([])).rejects.toThrow(
    "HAProxy refused the reload: config : unknown keyword 'x'; worker 11 still serves as before",
  );
});

test('after it, the worker among the old ones is adopted, and no new one', async () => {
  const runDir = await fakeMaster(REFUSED, [['Success=1\n--\n', RELOADED]]);
  const own = make(runDir);
  await expect(own.adopt()).resolves.toEqual({ worker: 11 });
  await own.reload([]);
  await expect(own.adopt()).resolves.toEqual({ worker: process.ppid });
});

test('3.2: a reload in progress is waited for', async () => {
  const busy = 'Success=0\n--\nAnother reload is still in progress.\n';
  const runDir = await fakeMaster(SERVING, [
    [busy, SERVING],
    [busy, SERVING],
    ['Success=1\n--\n', RELOADED],
  ]);
  await expect(make(runDir).reload([])).resolves.toBeUndefined();
});

test('a reload that nobody confirms rejects by its deadline; the next one can go', async () => {
  const runDir = await fakeMaster(SERVING, [
    ['', SERVING],
    ['', RELOADED],
  ]);
  const own = make(runDir);
  await expect(own.reload([])).rejects.toThrow(
    'HAProxy did not confirm it within 300 ms: it wrote nothing; worker 11 still serves as before',
  );
  await own.reload([]);
});

test('a worker that is listed but does not serve yet confirms nothing', async () => {
  const runDir = await fakeMaster(SERVING, [['Success=1\n--\n', { ...RELOADED, serves: undefined }]]);
  await expect(make(runDir).reload([])).rejects.toThrow('no worker serves');
});

test('a marker of another worker, or half a marker, says nothing', async () => {
  const runDir = await fakeMaster(SERVING, []);
  const own = make(runDir);
  await writeFile(join(runDir, 'applied.json'), JSON.stringify({ fingerprint: 'f', worker: 10, started: '1' }));
  await expect(own.applied()).resolves.toBeUndefined();
  await writeFile(join(runDir, 'applied.json'), '{"finger');
  await expect(own.applied()).resolves.toBeUndefined();
});

test('a large log begins anew', async () => {
  const runDir = await fakeMaster(SERVING, [['Success=1\n--\n', RELOADED]]);
  await writeFile(join(runDir, 'haproxy.log'), 'x'.repeat(9 * 2 ** 20));
  await make(runDir).reload([]);
  await expect(readFile(join(runDir, 'haproxy.log'), 'utf8')).resolves.toBe('');
});

test('alerts come first, else the last lines', () => {
  expect(gist('[NOTICE]   (1) : Reloading HAProxy\n[WARNING]  (1) : w\n[ALERT]    (1) : a\n[ALERT]    (1) : b\n')).toBe('a | b');
  expect(gist('[NOTICE]   (1) : New worker (2) forked\n\n[WARNING]  (2) : w\n')).toBe('New worker (2) forked | w');
  expect(gist('')).toBe('');
});
