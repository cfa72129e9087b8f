import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { takenOf } from '../../src/process/taken-binds.ts';
import { socketsOf } from '../../src/process/listeners.ts';
import { identify, lives } from '../../src/process/process-identity.ts';
import { NoAnswer, orSilence, showProc, type Processes } from '../../src/socket/master.ts';
import type { OwnProcess } from '../../src/process/process.ts';
import { bindsOf } from '../../src/haproxy/binds.ts';
import { sentence } from '../../src/lib/sentence.ts';
import { listen, makeTraffic, needHaproxy, request, setStage, type Ends } from './fixtures/stage.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const ends: Ends = [];

beforeAll(needHaproxy);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function workerOf(own: OwnProcess): Promise<number> {
  return (await own.adopt())?.worker ?? 0;
}

async function refusedWith(asked: Promise<void>): Promise<string> {
  return asked.then(() => 'it was confirmed', sentence);
}

/** What the master shows; it may answer a little later than its new worker. */
function processesOf(runDir: string): Promise<Processes> {
  const look = async (): Promise<Processes | undefined> => {
    const found = await orSilence(showProc({ socketPath: join(runDir, 'master.sock'), deadlineMs: 5_000 }));
    return found instanceof NoAnswer ? undefined : found;
  };
  return until("an answer of HAProxy's master", look);
}

const ONLY_ANSWERS = { '200': expect.any(Number) };

test('a start is confirmed when it serves, and noted with what it has loaded', async () => {
  const { config, port, make } = await setStage(ends);
  const own = make();
  await expect(own.adopt()).resolves.toBeUndefined();
  await expect(own.applied()).resolves.toBeUndefined();
  await own.reload([]);
  await expect(request(port)).resolves.toBe('200');
  await expect(own.applied()).resolves.toBe(await readFile(config, 'utf8'));
});

test('reloads put another worker in place and lose no request', async () => {
  const { port, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const flow = makeTraffic(port, ends);
  const workers = [await workerOf(own)];
  for (let i = 0; i < 5; i++) {
    await own.reload([]);
    workers.push(await workerOf(own));
  }
  expect(new Set(workers).size).toBe(6);
  await expect(flow.stop()).resolves.toEqual(ONLY_ANSWERS);
});

test('reloads asked for at once are made one after the other', async () => {
  const { runDir, make } = await setStage(ends);
  const own = make();
  await Promise.all([own.reload([]), own.reload([]), own.reload([])]);
  await expect(processesOf(runDir)).resolves.toMatchObject({ failed: 0 });
  await expect(own.applied()).resolves.toBeDefined();
});

test('it outlives a starter that is killed, and the next process adopts it', async () => {
  const { runDir, config, port, make } = await setStage(ends);
  const fixtures = new URL('./fixtures/', import.meta.url);
  const [loader, starter] = ['typescript.js', 'starter.ts'].map((name) => new URL(name, fixtures).pathname);
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, ['--import', loader ?? '', starter ?? '', runDir, config], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // a group of its own, to be killed as a whole
  });
  ends.push(() => child.kill('SIGKILL'));
  const own = make();
  const { value } = (await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()) as { readonly value: string };
  const flow = makeTraffic(port, ends);
  process.kill(-(child.pid ?? Infinity), 'SIGKILL');
  await once(child, 'exit');
  await expect(own.adopt()).resolves.toEqual(JSON.parse(value));
  await expect(own.applied()).resolves.toBe('of the starter');
  await own.reload([]);
  expect(await workerOf(own)).not.toBe((JSON.parse(value) as { readonly worker: number }).worker);
  await expect(flow.stop()).resolves.toEqual(ONLY_ANSWERS);
});

test('a configuration that cannot be read leaves the old worker serving', async () => {
  const { port, write, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const [worker, loaded] = [await workerOf(own), await own.applied()];
  const flow = makeTraffic(port, ends);
  await write({ end: 'nonsense\n' });
  await expect(refusedWith(own.reload([]))).resolves.toMatch(
    new RegExp(`HAProxy refused the reload: .*unknown keyword 'nonsense'.*; worker ${worker} still serves as before`),
  );
  await expect(own.adopt()).resolves.toEqual({ worker });
  await expect(own.applied()).resolves.toBe(loaded);
  await write();
  await own.reload([]);
  await expect(flow.stop()).resolves.toEqual(ONLY_ANSWERS);
});

test('a port taken meanwhile refuses the reload and is named; freed, the next one goes', async () => {
  const { config, port, write, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const worker = await workerOf(own);
  const flow = makeTraffic(port, ends);
  const stranger = createServer();
  const taken = await listen(stranger, ends);
  await write({ ports: [taken] });
  const wanted = bindsOf(await readFile(config, 'utf8'));
  const found = await takenOf(wanted, (await socketsOf(await own.pids())) ?? new Set());
  expect(found.map(({ why }) => why).join()).toContain(`(pid ${process.pid})`);
  await expect(refusedWith(own.reload([]))).resolves.toMatch(
    new RegExp(
      `cannot bind socket \\(Address already in use\\) for \\[127\\.0\\.0\\.1:${taken}\\].*; worker ${worker} still serves as before`,
    ),
  );
  await expect(own.adopt()).resolves.toEqual({ worker });
  await expect(request(port)).resolves.toBe('200');
  await new Promise((resolve) => stranger.close(resolve));
  await own.reload([]);
  expect(await workerOf(own)).not.toBe(worker);
  await expect(flow.stop()).resolves.toEqual(ONLY_ANSWERS); // new connections are refused for two seconds: facts, 0.1
});

test('a start with a taken port is rejected with the port, and leaves no process', async () => {
  const { port, write, make } = await setStage(ends);
  const stranger = createServer();
  const taken = await listen(stranger, ends);
  await write({ ports: [taken] });
  const own = make();
  await expect(refusedWith(own.reload([]))).resolves.toMatch(new RegExp(`HAProxy did not start: .*:${taken}\\].*; no worker serves`));
  await expect(own.adopt()).resolves.toBeUndefined();
  await write();
  await own.reload([]);
  await expect(request(port)).resolves.toBe('200');
});

test('a worker that dies behind a good check takes HAProxy with it; the next reload starts it', async () => {
  const { runDir, port, write, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  await write({ global: `  chroot ${join(runDir, 'missing')}\n` });
  await expect(refusedWith(own.reload([]))).resolves.toMatch(/Cannot chroot/);
  await write();
  await own.reload([]);
  await expect(request(port)).resolves.toBe('200');
});

test('`daemon` in the configuration does not hide the master', async () => {
  const { runDir, write, make } = await setStage(ends);
  await write({ global: '  daemon\n' });
  const own = make();
  await own.reload([]);
  await own.reload([]);
  const { master } = await processesOf(runDir);
  expect((await readFile(join(runDir, 'haproxy.pid'), 'utf8')).split(' ')[0]).toBe(String(master));
});

test('a program that is not there, or that is no HAProxy, is said to be', async () => {
  const { runDir, make } = await setStage(ends);
  await expect(refusedWith(make({ bin: join(runDir, 'missing') }).reload([]))).resolves.toMatch(/cannot start .*missing: spawn .*ENOENT/);
  await expect(refusedWith(make({ bin: 'false' }).reload([]))).resolves.toBe('HAProxy did not start: it wrote nothing; no worker serves');
});

test('a master that hangs is not replaced; woken, it is usable again', async () => {
  const { runDir, port, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const impatient = make({ deadlineMs: 300 });
  const { master } = await processesOf(runDir);
  process.kill(master, 'SIGSTOP');
  try {
    await expect(refusedWith(impatient.reload([]))).resolves.toMatch(new RegExp(`HAProxy \\(pid ${master}\\) runs, but does not answer`));
    await expect(request(port)).resolves.toBe('200');
  } finally {
    process.kill(master, 'SIGCONT');
  }
  await own.reload([]);
});

test('a socket that somebody has removed is bound again, and no request is lost', async () => {
  const { runDir, port, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const { master } = await processesOf(runDir);
  const flow = makeTraffic(port, ends);
  await rm(join(runDir, 'master.sock'));
  await expect(own.adopt()).resolves.toEqual({ worker: expect.any(Number) });
  await expect(processesOf(runDir)).resolves.toMatchObject({ master });
  await own.reload([]);
  await expect(flow.stop()).resolves.toEqual(ONLY_ANSWERS);
});

test('whoever waits beside it hears of its end at once, and waits the whole time for one that is not there', async () => {
  const { runDir, make } = await setStage(ends);
  const own = make();
  const enough = new AbortController();
  await expect(own.stays(50, enough.signal)).resolves.toBeUndefined();
  await own.reload([]);
  await expect(own.stays(250, enough.signal)).resolves.toBeUndefined();
  const { master } = await processesOf(runDir);
  const hour = own.stays(3_600_000, enough.signal);
  process.kill(master, 'SIGKILL');
  await hour;
  const another = own.stays(3_600_000, enough.signal);
  enough.abort();
  await expect(another).rejects.toThrow('aborted');
});

test('a stale socket is replaced; stopping ends old workers too', async () => {
  const { runDir, port, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  process.kill((await processesOf(runDir)).master, 'SIGKILL');
  await expect(own.adopt()).resolves.toBeUndefined();
  await own.reload([]);
  const busy = connect(port, '127.0.0.1').on('error', () => undefined);
  busy.write('GET / HTTP/1.1\r\nHost: a\r\n'); // its end never comes: this keeps the worker
  ends.push(() => busy.destroy());
  await request(port);
  await own.reload([]);
  const { master, workers, oldWorkers } = await processesOf(runDir);
  expect(oldWorkers).toHaveLength(1);
  const all = await Promise.all([master, ...[...workers, ...oldWorkers].map(({ pid }) => pid)].map(identify));
  await own.stop();
  expect(all).not.toContain(undefined);
  for (const one of all) if (one !== undefined) await expect(lives(one)).resolves.toBe(false);
  await expect(own.adopt()).resolves.toBeUndefined();
});

test('commands go to the worker over the master', async () => {
  const { make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const reason = { code: 'server-changed', subject: 'out', detail: 'one' } as const;
  const good = { text: 'set server out/one weight 100%', expect: /^$/, reason };
  const bad = { text: 'set server out/two weight 100%', expect: /^$/, reason: { ...reason, detail: 'two' } };
  await expect(own.send([good, bad, good])).resolves.toEqual([
    { taken: true, answer: '' },
    { taken: false, answer: 'No such server.' },
    { taken: true, answer: '' },
  ]);
  await own.stop();
  await expect(own.send([good])).rejects.toThrow('no answer from HAProxy');
});
