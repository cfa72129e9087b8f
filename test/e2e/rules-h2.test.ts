import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { generate } from 'selfsigned';
import { endAll } from './ends.ts';
import { listen, type Ends } from './fixtures/stage.ts';
import { h1Server, h2Server, type Seen } from './h2-servers.ts';
import { useEstate, type Estate } from './rules.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const ports = new Map<string, number>();
const checks: Seen = [];
const of = (name: string) => () => ports.get(name) ?? 0;

beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'tls' }], { keySize: 2048, algorithm: 'sha256' });
  ports.set('h2c', await listen(h2Server(checks), ends));
  ports.set('h2', await listen(h2Server(checks, { cert, key }), ends));
  ports.set('h1', await listen(h1Server(), ends));
});
afterAll(() => endAll(ends));

const [H2C, H2, CHECK] = [
  { BACKEND_PROTO: 'h2c' },
  { BACKEND_PROTO: 'h2', BACKEND_TLS: 'insecure' },
  { HEALTH_PATH: '/health', HEALTH_INTERVAL: '1s' },
];

const estate = useEstate({
  apps: [
    { id: '/h2c', labels: { VHOST: 'h2c.test', ...H2C, ...CHECK } },
    { id: '/h2', labels: { VHOST: 'h2.test', ...H2, ...CHECK } },
    { id: '/sticky', labels: { VHOST: 'sticky.test', ...H2C, ...CHECK, STICKY: 'true' } },
    { id: '/named', labels: { VHOST: 'named.test', ...H2C, ...CHECK, HEALTH_HOST: 'internal.test' } },
    { id: '/sick', labels: { VHOST: 'sick.test', ...H2C, ...CHECK, HEALTH_PATH: '/sick' } },
    { id: '/h1', labels: { VHOST: 'h1.test' } },
  ],
  settings: { templateLabels: 'deny' },
  servers: { '/h2c': of('h2c'), '/h2': of('h2'), '/sticky': of('h2c'), '/named': of('h2c'), '/sick': of('h2c'), '/h1': of('h1') },
});

async function withSession<Result>({ ports: { https } }: Estate, name: string, use: (session: ClientHttp2Session) => Promise<Result>) {
  const session = connect(`https://127.0.0.1:${https}`, { servername: name, rejectUnauthorized: false });
  try {
    await once(session, 'remoteSettings');
    return await use(session);
  } finally {
    session.destroy();
  }
}

async function headersOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  return headers;
}

/** The next bytes that come, as text. */
async function next(stream: ClientHttp2Stream): Promise<string> {
  const [data] = (await once(stream, 'data')) as [Buffer];
  return data.toString('latin1');
}

/** A message as gRPC frames it: not compressed, its length, itself. */
function framed(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe('BACKEND_PROTO', () => {
  test.each(['h2c', 'h2', 'sticky'])('%s: a client of HTTP/1.1 is served by a server of HTTP/2 alone', async (name) => {
    for (const over of ['http', 'https'] as const) {
      const { status, body } = await estate().ask({ over, host: `${name}.test`, path: '/x' });
      expect([status, JSON.parse(body) as unknown]).toEqual(['200', { version: '2.0', host: `${name}.test`, path: '/x' }]);
    }
  });

  test('servers of HTTP/2 pass their checks, which ask for the Host of HEALTH_HOST or the virtual host', async () => {
    const asked = (host: string) => checks.filter((line) => line === `2.0 GET /health ${host}`).length;
    await until(
      () => `three checks of each; seen: ${checks.join(', ')}`,
      () => ['h2c.test', 'h2.test', 'sticky.test', 'internal.test'].every((host) => asked(host) >= 3),
    );
    for (const name of ['h2c', 'h2', 'sticky', 'named']) {
      await expect(estate().ask({ host: `${name}.test` })).resolves.toMatchObject({ status: '200' });
    }
  });

  test('a server of HTTP/2 that answers its check with 503 is taken out', async () => {
    await until(
      () => 'the app to have no server',
      async () => (await estate().ask({ host: 'sick.test' })).status === '503',
    );
  });
});

describe.each(['h2c', 'h2'])('gRPC to %s', (name) => {
  const headers = {
    ':method': 'POST',
    ':path': '/echo.Echo/Call',
    ':authority': `${name}.test`,
    'content-type': 'application/grpc',
    te: 'trailers',
  };

  test('messages go both ways while the call lasts, and the trailers have its state', async () => {
    await withSession(estate(), `${name}.test`, async (session) => {
      const stream = session.request(headers, { endStream: false });
      const trailers = once(stream, 'trailers');
      stream.write(framed('one'));
      await expect(headersOf(stream)).resolves.toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'x-te': 'trailers' });
      await expect(next(stream)).resolves.toBe('\0\0\0\0\x03one');
      stream.write(framed('two'));
      await expect(next(stream)).resolves.toBe('\0\0\0\0\x03two');
      stream.resume().end();
      const [last] = (await trailers) as [IncomingHttpHeaders];
      expect(last).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'done' });
    });
  });
});

describe('a WebSocket', () => {
  test.each(['h1', 'h2c', 'h2'])('over HTTP/2 to %s', async (name) => {
    await withSession(estate(), `${name}.test`, async (session) => {
      expect(session.remoteSettings.enableConnectProtocol).toBe(true);
      const asked = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':path': '/chat', ':authority': `${name}.test` };
      const stream = session.request({ ...asked, 'sec-websocket-version': '13' }, { endStream: false });
      await expect(headersOf(stream)).resolves.toMatchObject({ ':status': 200 });
      stream.write('hello');
      await expect(next(stream)).resolves.toBe('hello');
    });
  });

  test.each(['h1', 'h2c', 'h2'])('over HTTP/1.1 to %s', async (name) => {
    const socket = connectPlain(estate().ports.http, '127.0.0.1');
    try {
      const words = `GET /chat HTTP/1.1\r\nHost: ${name}.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n`;
      socket.write(`${words}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
      let got = '';
      socket.on('data', (data) => (got += data.toString('latin1')));
      const came = (text: string) =>
        until(
          () => `${text}; got: ${got}`,
          () => got.includes(text),
        );
      await came('\r\n\r\n');
      expect(got).toMatch(/^HTTP\/1\.1 101 /);
      socket.write('hello');
      await came('hello');
    } finally {
      socket.destroy();
    }
  });
});
