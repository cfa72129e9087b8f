import { afterEach, expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarizeOutput } from '../../src/process/reload.ts';
import { makeProcess, type OwnProcess } from '../../src/process/process.ts';
import { NO_STATES } from '../../src/process/states-file.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import type { Document } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { fragment } from '../haproxy/make.ts';
import { fakeMaster, REFUSED, RELOADED, SERVING, type Ends } from './fake-master.ts';
import { now } from '../../src/lib/clock.ts';

const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
const ends: Ends = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Long enough for a busy machine; a test whose HAProxy never answers as it should gives a short deadline. */
function make(runDir: string, deadlineMs = 10_000): OwnProcess {
  return makeProcess({
    bin: 'false',
    runDir,
    config: join(runDir, 'haproxy.cfg'),
    log,
    now,
    fingerprint: () => 'f',
    deadlineMs,
    pauseMs: 5,
  });
}

test('3.x: a reload is confirmed by another worker that serves, and noted', async () => {
  const runDir = await fakeMaster(ends, SERVING, [['Success=1\n--\n', RELOADED]]);
  const own = make(runDir);
  await own.reload([]);
  await expect(own.adopt()).resolves.toEqual({ worker: process.ppid });
  await expect(own.applied()).resolves.toBe('f');
});

test('what a worker runs that somebody else has put in place is not noted until it is read back', async () => {
  const runDir = await fakeMaster(ends, SERVING, [['Success=1\n--\n', RELOADED]]);
  const own = make(runDir);
  await own.send([COMMAND]);
  await make(runDir).reload([]);
  await expect(own.agrees('g')).rejects.toThrow(`a different worker of HAProxy serves than before (pid ${process.ppid})`);
  await expect(own.applied()).resolves.not.toBe('g');
});

test('3.x: a refused reload tells what came with the answer, and who serves on', async () => {
  const runDir = await fakeMaster(ends, SERVING, [
    ["Success=0\n--\n[NOTICE]   (7) : haproxy version is 3.2.0\n[ALERT]    (7) : config : unknown keyword 'x'\n", REFUSED],
  ]);
  await expect(make(runDir).reload([])).rejects.toThrow(
    "HAProxy refused the reload: config : unknown keyword 'x'; worker 11 still serves as before",
  );
});

test('after it, the worker among the old ones is adopted, and no new one', async () => {
  const runDir = await fakeMaster(ends, REFUSED, [['Success=1\n--\n', RELOADED]]);
  const own = make(runDir);
  await expect(own.adopt()).resolves.toEqual({ worker: 11 });
  await own.reload([]);
  await expect(own.adopt()).resolves.toEqual({ worker: process.ppid });
});

test('3.2: a reload in progress is waited for', async () => {
  const busy = 'Success=0\n--\nAnother reload is still in progress.\n';
  const runDir = await fakeMaster(ends, SERVING, [
    [busy, SERVING],
    [busy, SERVING],
    ['Success=1\n--\n', RELOADED],
  ]);
  await expect(make(runDir).reload([])).resolves.toBeUndefined();
});

test('a reload that nobody confirms rejects by its deadline; the next one can go', async () => {
  const runDir = await fakeMaster(ends, SERVING, [
    ['', SERVING],
    ['', RELOADED],
  ]);
  const own = make(runDir, 2_000);
  await expect(own.reload([])).rejects.toThrow(
    'HAProxy did not confirm within 2000 ms that it serves: it wrote nothing; worker 11 still serves as before',
  );
  await own.reload([]);
});

test('a worker that is listed but does not serve yet confirms nothing', async () => {
  const runDir = await fakeMaster(ends, SERVING, [['Success=1\n--\n', { ...RELOADED, serves: undefined }]]);
  await expect(make(runDir, 300).reload([])).rejects.toThrow('no worker serves');
});

test('a marker of another worker, or half a marker, says nothing', async () => {
  const runDir = await fakeMaster(ends, SERVING, []);
  const own = make(runDir);
  await writeFile(join(runDir, 'applied.json'), JSON.stringify({ fingerprint: 'f', worker: 10, started: '1' }));
  await expect(own.applied()).resolves.toBeUndefined();
  await writeFile(join(runDir, 'applied.json'), '{"finger');
  await expect(own.applied()).resolves.toBeUndefined();
});

test('a large log begins anew', async () => {
  const runDir = await fakeMaster(ends, SERVING, [['Success=1\n--\n', RELOADED]]);
  await writeFile(join(runDir, 'haproxy.log'), 'x'.repeat(9 * 2 ** 20));
  await make(runDir).reload([]);
  await expect(readFile(join(runDir, 'haproxy.log'), 'utf8')).resolves.toBe('');
});

test('alerts come first, else the last lines', () => {
  expect(summarizeOutput('[NOTICE]   (1) : Reloading HAProxy\n[WARNING]  (1) : w\n[ALERT]    (1) : a\n[ALERT]    (1) : b\n')).toBe('a | b');
  expect(summarizeOutput('[NOTICE]   (1) : New worker (2) forked\n\n[WARNING]  (2) : w\n')).toBe('New worker (2) forked | w');
  expect(summarizeOutput('')).toBe('');
});

const COMMAND = { text: 'disable server b/one', expect: /^$/, reason: { code: 'server-gone', subject: 'b', detail: 'one' } } as const;

test('commands wait for a reload that runs, and a reload for commands; each worker is asked what it is', async () => {
  const heard: string[] = [];
  const watching = {
    heard: (line: string) => {
      const [, , command = line] = line.split(';').map((each) => each.replace('@1 ', ''));
      heard.push(command.includes('show') ? 'show' : command);
      return new Promise<void>((resolve) => setTimeout(resolve, command === 'reload' || command === COMMAND.text ? 20 : 0));
    },
  };
  const own = make(await fakeMaster(ends, SERVING, [['Success=1\n--\n', RELOADED]], watching));
  const all = [own.send([COMMAND]), own.reload([]), own.send([COMMAND]), own.release()];
  await expect(Promise.all(all)).resolves.toEqual([
    [{ taken: true, answer: '' }],
    undefined,
    [{ taken: true, answer: '' }],
    { major: 3, minor: 2 },
  ]);
  const first = heard.indexOf('reload');
  expect(heard.slice(0, first).filter((each) => each !== 'show')).toEqual([COMMAND.text]);
  expect(heard.slice(first).filter((each) => each !== 'show')).toEqual(['reload', COMMAND.text]);
});

test('a worker that somebody else has put in place is not sent what was meant for the one before', async () => {
  const runDir = await fakeMaster(ends, SERVING, [['Success=1\n--\n', RELOADED]]);
  const own = make(runDir);
  await own.send([COMMAND]);
  await make(runDir).reload([]);
  await expect(own.send([COMMAND])).rejects.toThrow(`(pid ${process.ppid}, not 11): somebody has reloaded HAProxy`);
});

test('without a HAProxy there is no release, and no command counts as sent', async () => {
  const runDir = await fakeMaster(ends, SERVING, []);
  const own = make(join(runDir, 'other'));
  await expect(own.release()).resolves.toBeUndefined();
  await expect(own.send([COMMAND])).rejects.toThrow('no answer from HAProxy');
  await expect(own.agrees('f')).rejects.toThrow('no worker');
});

test('what was confirmed by commands alone is noted for the next daemon', async () => {
  const runDir = await fakeMaster(ends, { ...SERVING, serves: process.ppid }, []);
  const own = make(runDir);
  await expect(own.applied()).resolves.toBeUndefined();
  await own.agrees('f');
  await expect(own.applied()).resolves.toBe('f');
});

const SICK = `${NO_STATES}3 b 1 one 10.0.0.1 0 0 1 1 9 8 2 0 6 0 0 0 - 80 - 0 0 - - 0\n`;
const ONE = ['one' as ServerName, fragment('  server one 10.0.0.1:80 check\n')] as const;
const WANTED: Document = {
  front: [],
  backends: [{ name: 'backend b', backend: 'b' as BackendName, fragments: [], servers: new Map([ONE]), leaving: new Set() }],
  maps: {},
};

test('HAProxy finds which servers are down while it reloads, and nothing afterwards, confirmed or not', async () => {
  const found: string[] = [];
  const watching = {
    heard: async (line: string, runDir: string) => {
      if (line === 'reload') found.push(await readFile(join(runDir, 'server-state'), 'utf8'));
    },
    says: (command: string) => (command === 'show servers state' ? SICK : ''),
  };
  const runDir = await fakeMaster(
    ends,
    SERVING,
    [
      ['Success=0\n--\n[ALERT] (1) : no\n', { ...SERVING, failed: 1 }],
      ['Success=1\n--\n', RELOADED],
      ['Success=1\n--\n', { ...RELOADED, workers: [12], serves: 12 }],
    ],
    watching,
  );
  const own = make(runDir);
  await expect(own.reload([], { wanted: WANTED })).rejects.toThrow('refused');
  await expect(readFile(join(runDir, 'server-state'), 'utf8')).resolves.toBe(NO_STATES);
  await own.reload([], { wanted: WANTED });
  await expect(readFile(join(runDir, 'server-state'), 'utf8')).resolves.toBe(NO_STATES);
  await own.reload([]);
  expect(found).toEqual([SICK, SICK, NO_STATES]);
});

test('a cold start does not use an old state file', async () => {
  const runDir = join(await fakeMaster(ends, SERVING, []), 'other');
  await mkdir(runDir);
  await writeFile(join(runDir, 'server-state'), SICK);
  await expect(make(runDir).reload([], { wanted: WANTED })).rejects.toThrow('did not start');
  await expect(readFile(join(runDir, 'server-state'), 'utf8')).resolves.toBe(NO_STATES);
});
