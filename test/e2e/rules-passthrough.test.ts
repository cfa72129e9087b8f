import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { endAll } from './ends.ts';
import { listen, type Ends } from './fixtures/stage.ts';
import { useEstate, type Estate } from './rules.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const behind = { port: 0 };
beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'of-the-app' }], { keySize: 2048, algorithm: 'sha256' });
  behind.port = await listen(
    createServer({ cert, key }, (request, response) => void response.end(`app ${request.headers.host ?? ''}`)),
    ends,
  );
});
afterAll(() => endAll(ends));

/** The app whose server speaks TLS stands in the estate by its own line: the servers of all other apps speak http. */
const pass = { id: '/pass', labels: { VHOST: 'pass.test,also.test', TLS: 'passthrough' } };
const apps = [pass, { id: '/ended', labels: { VHOST: 'ended.test' } }, { id: '/wild', labels: { VHOST: '*.wild.test' } }];

async function certificateFor(estate: Estate, servername: string): Promise<string> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: estate.ports.https, servername, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
  }
}

interface Behind {
  readonly port: number;
  readonly name: string;
  readonly from: string;
  readonly isTls: boolean;
  /** What is sent before anything else. */
  readonly header: string;
  /** A header of the request. */
  readonly claimed: string;
}

/** The answer to a request behind a PROXY header; empty when the connection is closed. */
async function askBehindHeader({ port, name, from, isTls, header, claimed }: Behind): Promise<string> {
  const plain = connectPlain({ host: '127.0.0.1', port, localAddress: from });
  await once(plain, 'connect');
  plain.write(header);
  const socket = isTls ? connect({ socket: plain, servername: name, rejectUnauthorized: false }) : plain;
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  const closed = new Promise((resolve) => socket.on('close', resolve).on('error', resolve));
  socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n${claimed}\r\nConnection: close\r\n\r\n`);
  await closed;
  plain.destroy();
  return answer;
}

describe.each([
  ['one frontend', false],
  ['--group-https-by-vhost', true],
])('%s', (_, groupHttpsByVhost) => {
  const estate = useEstate({
    apps: groupHttpsByVhost
      ? apps.map(({ id, labels }) => ({ id, labels: { ...labels, VHOST: labels.VHOST.replace(/^|,/g, '$&g-') } }))
      : apps,
    settings: { groupHttpsByVhost, acceptProxy: ['127.0.0.8'] },
    servers: { '/pass': () => behind.port },
  });
  const host = (name: string): string => (groupHttpsByVhost ? `g-${name}` : name);

  test('a host with TLS=passthrough has the certificate of the app, in any case of its letters', async () => {
    for (const name of ['pass.test', 'also.test', 'PASS.test'])
      await expect(certificateFor(estate(), host(name))).resolves.toBe('of-the-app');
    await expect(estate().ask({ over: 'https', host: host('pass.test') })).resolves.toMatchObject({ body: `app ${host('pass.test')}` });
  });

  test.each(['http', 'https'] as const)(
    '--accept-proxy, over %s: the client is the one of the PROXY header, which only such a network sends',
    async (over) => {
      const asked = { port: estate().ports[over], name: host('ended.test'), isTls: over === 'https' };
      const from = '127.0.0.8';
      const claimed = 'X-Forwarded-For: 198.51.100.1';
      const answer = await askBehindHeader({ ...asked, from, header: 'PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n', claimed });
      expect(answer).toContain('"x-forwarded-for":"198.51.100.1, 203.0.113.7"');
      await expect(askBehindHeader({ ...asked, from, header: '', claimed })).resolves.toBe('');
      await expect(estate().arrived({ over, host: asked.name })).resolves.toMatchObject({ headers: { 'x-forwarded-for': '127.0.0.1' } });
    },
  );

  test('all other hosts have that of the load balancer, and their apps see the client', async () => {
    await expect(certificateFor(estate(), host('ended.test'))).resolves.toBe('shared');
    const { headers } = await estate().arrived({ over: 'https', host: host('ended.test'), from: '127.0.0.9' });
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': String(estate().ports.https),
    });
  });
});

describe('the shared port while a host is passed through', () => {
  const estate = useEstate({ apps, servers: { '/pass': () => behind.port } });

  test('a wildcard, and a client without a name in its hello, are served by Host', async () => {
    await expect(estate().arrived({ over: 'https', host: 'x.wild.test' })).resolves.toMatchObject({ app: '/wild' });
    await expect(estate().arrived({ over: 'https', host: 'ended.test', sni: '' })).resolves.toMatchObject({ app: '/ended' });
  });

  test('what is not TLS is refused', async () => {
    const socket = connectPlain({ host: '127.0.0.1', port: estate().ports.https });
    socket.on('error', () => undefined).end('GET / HTTP/1.1\r\nHost: pass.test\r\n\r\n');
    let got = '';
    socket.on('data', (chunk) => (got += String(chunk)));
    await once(socket, 'close');
    expect(got).not.toContain('200');
  });
});
