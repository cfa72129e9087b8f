import { describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { speaksQuic } from '../../src/haproxy/http3.ts';
import { askRaw } from './raw-h2.ts';
import { isSince, RELEASE } from './release.ts';
import { useEstate, type Arrived, type Estate } from './rules.ts';

jest.setTimeout(60_000);

const AUTH = 'Staff:alice:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1';

const apps = [
  { id: '/a', labels: { VHOST: 'a.test' } },
  { id: '/b', labels: { VHOST: 'b.test' } },
  { id: '/b-path', labels: { VHOST: 'b.test', PATH: '/path' } },
  { id: '/c', labels: { VHOST: 'c.test', AUTH } },
  { id: '/w', labels: { VHOST: '*.w.test' } },
];
const ofHello = { id: '/s', labels: { VHOST: 's.test', HTTPS_FRONTEND_ACL: '  use_backend {backend} if {{ ssl_fc_sni {hostname} }}\n' } };

/** Asks for several hosts on one HTTP/2 connection, whose TLS hello names the first. Gives the status, and the app that answered. */
async function overOneConnection(estate: Estate, asked: readonly string[]): Promise<readonly (readonly [number, string])[]> {
  const [first = ''] = asked;
  const session = connect(`https://127.0.0.1:${estate.ports.https}`, { servername: first.split('/', 1)[0], rejectUnauthorized: false });
  try {
    await once(session, 'connect');
    const answers: (readonly [number, string])[] = [];
    for (const url of asked) answers.push(await askOver(session, url));
    return answers;
  } finally {
    session.destroy();
  }
}

async function askOver(session: ClientHttp2Session, url: string): Promise<readonly [number, string]> {
  const [host = '', ...path] = url.split('/');
  const stream = session.request({ ':authority': host, ':path': `/${path.join('/')}` });
  const [headers] = (await once(stream, 'response')) as [Readonly<Record<string, unknown>>];
  let body = '';
  for await (const chunk of stream.setEncoding('utf8')) body += String(chunk);
  return [Number(headers[':status']), headers['x-arrived'] === undefined ? '' : (JSON.parse(body) as Arrived).app];
}

async function protocolOf(estate: Estate): Promise<unknown> {
  const offers = { host: '127.0.0.1', servername: 'a.test', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] };
  const socket = connectTls({ ...offers, port: estate.ports.https });
  await once(socket, 'secureConnect');
  const chosen = socket.alpnProtocol;
  socket.destroy();
  return chosen;
}

describe('by Host', () => {
  const estate = useEstate({ apps });

  test('a browser that asks for several hosts on one connection gets the app of each', async () => {
    const asked = ['a.test/', 'b.test/', 'b.test/path/x', 'c.test/', 'x.w.test/', 'B.test:443/', 'a.test/again', 'nobody.test/'];
    await expect(overOneConnection(estate(), asked)).resolves.toEqual([
      [200, '/a'],
      [200, '/b'],
      [200, '/b-path'],
      [401, ''],
      [200, '/w'],
      [200, '/b'],
      [200, '/a'],
      [503, ''],
    ]);
  });

  test('the app gets the Host as it was sent, also of a client without a name in its hello', async () => {
    const host = `B.test:${estate().ports.https}`;
    await expect(estate().arrived({ over: 'https', host, sni: '' })).resolves.toMatchObject({ app: '/b', host });
  });

  test('of a host and a Host that differ the first counts, and the app sees that one alone', async () => {
    const session = connect(`https://127.0.0.1:${estate().ports.https}`, { servername: 'a.test', rejectUnauthorized: false });
    try {
      for (const asked of [{ ':authority': 'b.test', host: 'a.test' }, { host: 'b.test' }]) {
        const stream = session.request({ ':path': '/x', ...asked });
        let body = '';
        for await (const chunk of stream.setEncoding('utf8')) body += String(chunk);
        expect(JSON.parse(body)).toMatchObject({ app: '/b', host: 'b.test' });
      }
    } finally {
      session.destroy();
    }
  });

  test('the Host counts, not the name in the hello', async () => {
    await expect(estate().arrived({ over: 'https', host: 'b.test', sni: 'a.test' })).resolves.toMatchObject({ app: '/b' });
  });
});

describe('where an app has a rule by the name in the hello', () => {
  const estate = useEstate({ apps: [...apps, ofHello] });

  test('a request for another host on its connection is answered by 421', async () => {
    const asked = ['s.test/', 'a.test/', 's.test:443/'];
    await expect(overOneConnection(estate(), asked)).resolves.toEqual([
      [200, '/s'],
      [421, ''],
      [200, '/s'],
    ]);
  });

  test('a list of hosts with that of the hello in it does not reach the app of another one', async () => {
    const asked = { ':method': 'GET', ':scheme': 'https', ':path': '/path/x', ':authority': 'b.test,s.test' };
    const outcome = await askRaw(estate().ports.https, { name: 's.test', headers: Object.entries(asked) });
    expect(isSince(3, 0) ? ['stream ended'] : ['status 421']).toContain(outcome);
  });
});

describe('--group-https-by-vhost', () => {
  const estate = useEstate({ apps, settings: { groupHttpsByVhost: true } });

  test('a request for another host on the connection is answered by 421', async () => {
    const answers = overOneConnection(estate(), ['a.test/', 'b.test/', 'a.test/x']);
    await expect(answers).resolves.toEqual([
      [200, '/a'],
      [421, ''],
      [200, '/a'],
    ]);
  });
});

describe('--https-routing sni', () => {
  const estate = useEstate({ apps, settings: { httpsRouting: 'sni' } });

  test('no client is offered HTTP/2, by which it could ask for two hosts on the connection of one', async () => {
    await expect(protocolOf(estate())).resolves.toBe('http/1.1');
  });

  test('the name in the hello counts, not the Host', async () => {
    await expect(estate().arrived({ over: 'https', host: 'b.test', sni: 'a.test' })).resolves.toMatchObject({ app: '/a' });
  });
});

describe('with --http3', () => {
  const estate = useEstate({ apps, settings: { http3: true } });

  test('https is served, and HTTP/3 announced and listened for where HAProxy has it', async () => {
    const { status, headers } = await estate().ask({ over: 'https', host: 'a.test' });
    const { https } = estate().ports;
    expect([status, headers['alt-svc']]).toEqual(['200', speaksQuic(RELEASE) ? `h3=":${https}"; ma=3600` : undefined]);
    const isBound = (await readFile('/proc/net/udp', 'utf8')).includes(`0100007F:${https.toString(16).toUpperCase().padStart(4, '0')} `);
    expect(isBound).toBe(speaksQuic(RELEASE));
  });
});
