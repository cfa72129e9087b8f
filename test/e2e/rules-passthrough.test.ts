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

describe.each([
  ['one frontend', false],
  ['--group-https-by-vhost', true],
])('%s', (_, groupHttpsByVhost) => {
  const estate = useEstate({
    apps: groupHttpsByVhost
      ? apps.map(({ id, labels }) => ({ id, labels: { ...labels, VHOST: labels.VHOST.replace(/^|,/g, '$&g-') } }))
      : apps,
    settings: { groupHttpsByVhost },
    servers: { '/pass': () => behind.port },
  });
  const host = (name: string): string => (groupHttpsByVhost ? `g-${name}` : name);

  test('a host with TLS=passthrough has the certificate of the app, in any case of its letters', async () => {
    for (const name of ['pass.test', 'also.test', 'PASS.test'])
      await expect(certificateFor(estate(), host(name))).resolves.toBe('of-the-app');
    await expect(estate().ask({ over: 'https', host: host('pass.test') })).resolves.toMatchObject({ body: `app ${host('pass.test')}` });
  });

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
