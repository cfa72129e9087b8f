import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askDaemon, serveControl, type ControlReply, silenceOf } from '../../src/daemon/control.ts';

const askResync = (runDir: string, deadlineMs: number) => askDaemon({ runDir, ask: 'resync', deadlineMs });
const status = (): Promise<ControlReply> => Promise.reject(new Error('nobody asks for it'));

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function makeDaemon(): Promise<{ readonly runDir: string; readonly over: AbortController }> {
  const runDir = await mkdtemp(join(tmpdir(), 'control-'));
  const over = new AbortController();
  ends.push(
    () => {
      over.abort();
    },
    () => rm(runDir, { recursive: true, force: true }),
  );
  return { runDir, over };
}

test('what became of it comes back, as often as it is asked', async () => {
  const { runDir, over } = await makeDaemon();
  const replies = [{ ok: true, text: 'HAProxy has it' } as const, { ok: false, text: 'HAProxy refused it\nwith two lines' } as const];
  await serveControl({ runDir, signal: over.signal, status, resync: () => Promise.resolve(replies.shift() ?? { ok: true, text: '' }) });
  await expect(askResync(runDir, 5_000)).resolves.toEqual({ ok: true, text: 'HAProxy has it' });
  await expect(askResync(runDir, 5_000)).resolves.toEqual({ ok: false, text: 'HAProxy refused it\nwith two lines' });
});

test('an error of the daemon is told to who asked', async () => {
  const { runDir, over } = await makeDaemon();
  await serveControl({ runDir, signal: over.signal, status, resync: () => Promise.reject(new Error('no Marathon')) });
  await expect(askResync(runDir, 5_000)).resolves.toEqual({ ok: false, text: 'no Marathon' });
});

test('only its user can ask; a file left over is replaced', async () => {
  const { runDir, over } = await makeDaemon();
  await writeFile(join(runDir, 'daemon.sock'), '');
  await serveControl({ runDir, signal: over.signal, status, resync: () => Promise.resolve({ ok: true, text: '' }) });
  expect((await stat(join(runDir, 'daemon.sock'))).mode & 0o777).toBe(0o600);
  await expect(askResync(runDir, 5_000)).resolves.toMatchObject({ ok: true });
  await expect(readdir(runDir)).resolves.toEqual(['daemon.sock']);
});

test('no daemon, one that ended and one that does not answer are told apart', async () => {
  const { runDir, over } = await makeDaemon();
  await expect(askResync(runDir, 5_000)).rejects.toThrow('no daemon runs there');
  const asked: (() => void)[] = [];
  const started = new Promise<void>((resolve) => asked.push(resolve));
  const resync = (): Promise<never> => {
    asked[0]?.();
    return new Promise(() => undefined);
  };
  await serveControl({ runDir, signal: over.signal, status, resync });
  await expect(askResync(runDir, 50)).rejects.toThrow('did not answer within 50 ms');
  const cut = askResync(runDir, 60_000);
  await started;
  setTimeout(() => {
    over.abort();
  }, 50);
  await expect(cut).rejects.toThrow('it ended before it answered');
  await expect(askResync(runDir, 5_000)).rejects.toThrow('no daemon runs there');
});

test('a status comes back with its facts', async () => {
  const { runDir, over } = await makeDaemon();
  const told = { ok: false, text: 'not in step', ageSeconds: 700 };
  await serveControl({ runDir, signal: over.signal, status: () => Promise.resolve(told), resync: status });
  await expect(askDaemon({ runDir, ask: 'status', deadlineMs: 5_000 })).resolves.toEqual(told);
});

test('another request is refused in words', async () => {
  const { runDir, over } = await makeDaemon();
  await serveControl({ runDir, signal: over.signal, status, resync: () => Promise.resolve({ ok: true, text: '' }) });
  const socket = connect(join(runDir, 'daemon.sock'));
  socket.write('{"ask":"coffee"}\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toBe(
    '{"ok":false,"text":"unknown request; the known requests are {\\"ask\\":\\"resync\\"} and {\\"ask\\":\\"status\\"}"}\n',
  );
});

test('a path too long for a socket is said to be', async () => {
  await expect(askResync(`/tmp/${'x'.repeat(100)}`, 50)).rejects.toThrow('give a shorter --run-dir');
});

test.each([
  ['ENOENT', 'no daemon runs there (--run-dir says where it runs)'],
  ['ECONNREFUSED', 'no daemon runs there (--run-dir says where it runs)'],
  ['EACCES', "this user may not open daemon.sock there; ask as the daemon's user"],
  ['EPIPE', 'it ended before it answered'],
])('whoever asks and meets %s is told: %s', (code, words) => {
  expect(silenceOf(Object.assign(new Error(code), { code }), 'daemon.sock')).toBe(words);
});
