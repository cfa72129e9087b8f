import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { now } from '../../src/lib/clock.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { makeProcess, type OwnProcess } from '../../src/process/process.ts';
import { answersOf } from '../socket/socket.ts';
import { fakeMaster, SERVING, type Ends } from './fake-master.ts';

const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
const ends: Ends = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const COMMAND = { text: 'disable server b/one', expect: /^$/, reason: { code: 'server-gone', subject: 'b', detail: 'one' } } as const;

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

/** A process that this one has started, as a master has its workers. */
function startChild(): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e6)'], { stdio: 'ignore' });
  ends.push(() => child.kill('SIGKILL'));
  return child.pid ?? 0;
}

/** The worker's own socket. */
async function answerAs(runDir: string, worker: () => number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (chunk) => socket.end(answersOf(chunk.toString(), { version: '2.6.12', pid: worker() }, () => '')));
  });
  ends.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(join(runDir, 'haproxy.cfg.sock'), resolve));
}

test('2.6: a new worker that answers at its own socket confirms the reload, before its master lists it', async () => {
  let [serving, heard] = [11, 0];
  const next = startChild();
  const watching = {
    heard: (line: string) => {
      if (line === 'reload') serving = next;
      if (line.includes(COMMAND.text)) heard++;
      return Promise.resolve();
    },
  };
  const runDir = await fakeMaster(ends, SERVING, [['', SERVING]], watching);
  const own = make(runDir);
  await answerAs(runDir, () => serving);
  await own.reload([]);
  await expect(own.send([COMMAND])).resolves.toEqual([{ taken: true, answer: '' }]);
  await expect(own.meanwhile?.()?.send([COMMAND])).resolves.toEqual([{ taken: true, answer: '' }]);
  expect(own.knows(next)).toBe(true);
  expect(heard).toBe(0); // all commands went to the worker's own socket
});

test('what answers at the socket and is no worker of this master confirms nothing', async () => {
  const runDir = await fakeMaster(ends, SERVING, [['', SERVING]]);
  let serving = 11;
  await answerAs(runDir, () => serving);
  const reloading = make(runDir, 300).reload([]);
  serving = process.ppid;
  await expect(reloading).rejects.toThrow('did not confirm within 300 ms');
});
