import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, NoAnswer, readInfo, readProcesses, showProc, workerInfo } from '../../src/socket/master.ts';

const SERVING_26 = `#<PID>          <type>          <reloads>       <uptime>        <version>      
11004           master          2 [failed: 1]   0d00h00m02s     2.6.12-1+deb12u3
# workers
11035           worker          1               0d00h00m01s     2.6.12-1+deb12u3
# old workers
11007           worker          2               0d00h00m02s     2.6.12-1+deb12u3
# programs


`;

const FAILED_3X = `#<PID>          <type>          <reloads>       <uptime>        <version>
1162            master          5 [failed: 1]   0d00h02m07s     3.2.0
# workers
# old workers
1271            worker          1               0d00h00m00s     3.2.0
1233            worker          3               0d00h00m43s     3.2.0
# programs

`;

const open: { readonly server: Server; readonly sockets: Set<Socket>; readonly folder: string }[] = [];

afterEach(async () => {
  for (const { server, sockets, folder } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** A master socket that gives `reply` the command and the connection. */
async function fakeMaster(reply: (command: string, socket: Socket) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'master-'));
  const socketPath = join(folder, 'master.sock');
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    let command = '';
    socket
      .on('data', (chunk) => (command += chunk.toString()))
      .on('end', () => {
        reply(command, socket);
      });
  });
  open.push({ server, sockets, folder });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return socketPath;
}

async function silence(asked: Promise<unknown>): Promise<string> {
  const error = await asked.catch((reason: unknown) => reason);
  return error instanceof NoAnswer ? error.silence : String(error);
}

test('2.6 keeps the serving worker under "# workers" after a failed reload', () => {
  expect(readProcesses(SERVING_26)).toEqual({
    master: 11004,
    failed: 1,
    workers: [{ pid: 11035, reloads: 1, uptime: '0d00h00m01s', version: '2.6.12-1+deb12u3' }],
    oldWorkers: [{ pid: 11007, reloads: 2, uptime: '0d00h00m02s', version: '2.6.12-1+deb12u3' }],
  });
});

test('3.x puts it under "# old workers"', () => {
  const { failed, workers, oldWorkers } = readProcesses(FAILED_3X);
  expect(failed).toBe(1);
  expect(workers).toEqual([]);
  expect(oldWorkers.map(({ pid }) => pid)).toEqual([1271, 1233]);
});

test('2.4 has no counter of failures', () => {
  expect(readProcesses('12 master 3 0d00h00m01s 2.4.0\n# workers\n13 worker 0 0d00h00m01s 2.4.0\n')).toMatchObject({
    master: 12,
    failed: 0,
  });
});

test('programs are not listed as workers, and a different text is refused', () => {
  expect(readProcesses('1 master 0 [failed: 0] 0d 3.0\n# programs\n7 dataplane 0 0d -\n')).toMatchObject({ workers: [], oldWorkers: [] });
  expect(() => readProcesses('Permission denied\n')).toThrow('Permission denied');
});

test('an answer is read to the end of the connection, however it is cut', async () => {
  const commands: string[] = [];
  const socketPath = await fakeMaster((command, socket) => {
    commands.push(command);
    socket.write(SERVING_26.slice(0, 90));
    setImmediate(() => socket.end(SERVING_26.slice(90)));
  });
  await expect(showProc({ socketPath, deadlineMs: 5_000 })).resolves.toMatchObject({ master: 11004 });
  expect(commands).toEqual(['show proc\n']);
});

test('who serves is what show info says', async () => {
  const commands: string[] = [];
  const socketPath = await fakeMaster((command, socket) => {
    commands.push(command);
    const missing = command.startsWith('@!9 ');
    socket.end(
      missing
        ? "Can't find the target PID matching the prefix '@!9'\n"
        : 'Name: HAProxy\nVersion: 2.6.12\nPid: 42\nUptime: 0d 0h\nStopping: 1\nStart_time_sec: 1795352381\n\n',
    );
  });
  const call = { socketPath, deadlineMs: 5_000 };
  await expect(workerInfo(call)).resolves.toEqual({ pid: 42, version: '2.6.12', stopping: true, started: 1795352381 });
  await expect(workerInfo({ ...call, pid: 9 })).rejects.toThrow('has no worker 9');
  expect(commands).toEqual(['@1 show info\n', '@!9 show info\n']);
});

test('what is not an answer to show info is none', () => {
  expect(readInfo('Version: 3.2.0\nPid: 7\nStopping: 0\n')).toEqual({ pid: 7, version: '3.2.0', stopping: false, started: 0 });
  expect(readInfo('Permission denied\n')).toBeUndefined();
});

test('an absent socket, a cut connection and a hanging HAProxy are told apart', async () => {
  const socketPath = await fakeMaster((command, socket) => {
    if (command === 'show proc\n') socket.end();
  });
  const stale = `${socketPath}.stale`;
  await expect(silence(ask({ socketPath: stale, command: 'x', deadlineMs: 5_000 }))).resolves.toBe('absent');
  await writeFile(stale, '');
  await expect(silence(ask({ socketPath: stale, command: 'x', deadlineMs: 5_000 }))).resolves.toBe('absent');
  await expect(silence(ask({ socketPath, command: 'hang', deadlineMs: 50 }))).resolves.toBe('hang');
  await expect(silence(showProc({ socketPath, deadlineMs: 5_000 }))).resolves.toBe('cut');
});

test('a queue that is full is waited for, no longer than the deadline', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'full-'));
  const [socketPath, go] = [join(folder, 'master.sock'), join(folder, 'go')];
  const child = spawn(process.execPath, ['-e', BUSY_MASTER, socketPath, go], { stdio: ['ignore', 'pipe', 'ignore'] });
  const fillers: Socket[] = [];
  try {
    await once(child.stdout, 'data');
    let refused: string | undefined;
    while (refused === undefined && fillers.length < 100) {
      const filler = connect(socketPath);
      fillers.push(filler);
      refused = await once(filler, 'connect').then(() => undefined, codeOf);
    }
    expect(refused).toBe('EAGAIN');
    await expect(silence(ask({ socketPath, command: 'x', deadlineMs: 50 }))).resolves.toBe('hang');
    await expect(warningsOf(socketPath)).resolves.toBe(''); // none of many tries leaves a listener behind
    const answer = ask({ socketPath, command: 'x', deadlineMs: 10_000 });
    await writeFile(go, '');
    await expect(answer).resolves.toBe('answer');
  } finally {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

/** What Node writes to stderr in a process that asks for a second. */
async function warningsOf(socketPath: string): Promise<string> {
  const script = `import { ask } from './src/socket/master.ts';
    await ask({ socketPath: process.argv[1], command: 'x', deadlineMs: 1_000 }).catch(() => undefined);`;
  const words = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    './test/e2e/fixtures/typescript.js',
    '--input-type=module',
    '-e',
    script,
    socketPath,
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(child, 'close');
  return text;
}

/** Listens, takes nobody until a file is there, and then answers everybody. */
const BUSY_MASTER = `
  const [, socketPath, go] = process.argv;
  const server = require('node:net').createServer((socket) => socket.on('error', () => undefined).end('answer'));
  server.listen({ path: socketPath, backlog: 1 }, () => {
    process.stdout.write('listens');
    const end = Date.now() + 10_000;
    while (Date.now() < end && !require('node:fs').existsSync(go)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    setTimeout(() => process.exit(), 10_000);
  });`;

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

test('the caller can abort', async () => {
  const socketPath = await fakeMaster(() => undefined);
  const asked = ask({ socketPath, command: 'hang', deadlineMs: 60_000, signal: AbortSignal.timeout(50) });
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(ask({ socketPath, command: 'x', deadlineMs: 50, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
