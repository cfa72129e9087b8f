import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createNetServer, type Socket } from 'node:net';
import { endAll } from './ends.ts';
import { listen, type Ends } from './fixtures/stage.ts';
import { useEstate } from './rules.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const places = { mute: 0, ending: 0, silent: 0, well: 0, sick: 0 };
const seen = { connections: 0, isSickWell: false };

beforeAll(async () => {
  places.mute = await startMute();
  places.ending = await listen(
    createNetServer((socket) => {
      seen.connections++;
      socket.on('error', () => undefined).once('data', () => socket.destroy());
    }),
    ends,
  );
  places.silent = await listen(createNetServer(answerUpgrade), ends);
  places.well = await listen(
    createServer((_, response) => response.end('well')),
    ends,
  );
  places.sick = await listen(
    createServer((_, response) => {
      response.writeHead(seen.isSickWell ? 200 : 503).end('sick');
    }),
    ends,
  );
});
afterAll(() => endAll(ends));

/** Goes over to another protocol when it is asked to, and says nothing more. */
function answerUpgrade(socket: Socket): void {
  socket
    .on('error', () => undefined)
    .on('data', (data) => {
      if (String(data).includes('pgrade')) socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n');
    });
}

/** A server that takes no connection: its process stands still, and as many wait as the system lets wait. */
async function startMute(): Promise<number> {
  const script =
    "const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port))";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(String(said));
  child.kill('SIGSTOP');
  for (let i = 0; i < 4; i++) {
    const waiting = connect({ host: '127.0.0.1', port }).on('error', () => undefined);
    ends.push(() => {
      waiting.destroy();
    });
  }
  return port;
}

const app = (name: string, labels: Readonly<Record<string, string>>) => ({ id: `/${name}`, labels: { VHOST: `${name}.test`, ...labels } });

const estate = useEstate({
  apps: [
    app('mute', { TIMEOUT_CONNECT: '200ms', RETRIES: '1' }),
    app('once', { RETRIES: '0' }),
    app('thrice', { RETRIES: '2' }),
    app('upgraded', { TIMEOUT_TUNNEL: '300ms' }),
    { id: '/tcp', labels: { TIMEOUT_TUNNEL: '300ms' } },
    app('hesitant', { TIMEOUT_CLIENT: '300ms' }),
    app('slow', { SLOW_START: '1h', HEALTH_PATH: '/', HEALTH_INTERVAL: '1s' }),
  ],
  settings: { templateLabels: 'deny' },
  servers: {
    '/mute': () => places.mute,
    '/once': () => places.ending,
    '/thrice': () => places.ending,
    '/upgraded': () => places.silent,
    '/tcp': () => places.silent,
    '/hesitant': () => places.silent,
    '/slow': () => [places.well, places.sick],
  },
});

test('TIMEOUT_CONNECT: a server that takes no connection is given up, long before the time of all others', async () => {
  await expect(estate().ask({ host: 'mute.test' })).resolves.toMatchObject({ status: '503' });
});

test.each([
  ['once', 1],
  ['thrice', 3],
])('RETRIES: to /%s a request that is not answered is sent %i times', async (name, times) => {
  seen.connections = 0;
  await expect(estate().ask({ host: `${name}.test` })).resolves.toMatchObject({ status: expect.stringMatching(/^50[23]$/) });
  expect(seen.connections).toBe(times);
});

/** Less than the times that are in force without a label, of which the shortest is 15 s. */
const DEADLINE_MS = 10_000;

/** What comes over a connection until the other side ends it. */
async function untilEnd(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  let got = '';
  socket.setEncoding('utf8').on('data', (data: string) => (got += data));
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('close', () => {
      resolve();
    });
    socket.on('error', () => undefined);
    socket.setTimeout(DEADLINE_MS, () => {
      reject(new Error(`nobody has ended the connection, on which came: ${got}`));
    });
  });
  try {
    socket.write(text);
    await closed;
  } finally {
    socket.destroy();
  }
  return got;
}

const UPGRADE = 'GET / HTTP/1.1\r\nHost: upgraded.test\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n';

test('TIMEOUT_TUNNEL: a WebSocket on which nobody says anything is ended, and so is a tcp connection', async () => {
  await expect(untilEnd(estate().ports.http, UPGRADE)).resolves.toContain('101 Switching Protocols');
  await expect(untilEnd(estate().portOf('/tcp'), 'hello')).resolves.toBe('');
});

test('TIMEOUT_CLIENT: a client that does not send the rest of its request is ended on the service port', async () => {
  const text = 'GET / HTTP/1.1\r\nHost: hes';
  await expect(untilEnd(estate().portOf('/hesitant'), text)).resolves.toMatch(/^HTTP\/1\.1 408 /);
});

test('SLOW_START: a server that a check finds well again gets far less than its half', async () => {
  const bodies = async (count: number): Promise<number> => {
    let sick = 0;
    for (let i = 0; i < count; i++) if ((await estate().ask({ host: 'slow.test' })).body === 'sick') sick++;
    return sick;
  };
  await until('the check to fail', async () => (await bodies(6)) === 0);
  seen.isSickWell = true;
  await until('the check to pass', async () => (await bodies(6)) > 0);
  expect(await bodies(40)).toBeLessThan(10);
});
