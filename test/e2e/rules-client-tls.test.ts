import { describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { request as askOverTls } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { makeAuthority, makeParts } from '../certificates/pem.ts';
import { useEstate, type Arrived } from './rules.ts';

jest.setTimeout(60_000);

const authorities = await Promise.all(['ours', 'theirs'].map((name) => makeAuthority(name, { keyType: 'ec' })));
const [client, stranger] = await Promise.all(
  authorities.map(async ({ signs }): Promise<SecureContextOptions> => {
    const { certificate: cert, key } = await makeParts('client', { keyType: 'ec', ...signs });
    return { cert, key };
  }),
);
const ca = authorities[0]?.certificate ?? '';
const NOBODY: SecureContextOptions = {};

/** What clients send to pass for somebody else; the second is the same to an app behind CGI or WSGI. */
const FORGED = { 'x-ssl-client-subject': 'CN=admin', x_ssl_client_subject: 'CN=admin' };

const apps = [
  { id: '/bank', labels: { VHOST: 'bank.test', CLIENT_CA: '{FILE:ca.pem}' } },
  { id: '/maybe', labels: { VHOST: 'maybe.test', CLIENT_CA: '{FILE:ca.pem} optional' } },
  { id: '/high', labels: { VHOST: 'high.test', TLS_MIN: '1.3' } },
  { id: '/open', labels: { VHOST: 'open.test' } },
  { id: '/wide', labels: { VHOST: '*.wide.test', CLIENT_CA: '{FILE:ca.pem}' } },
  { id: '/below', labels: { VHOST: 'below.wide.test', PATH: '/below', PATH_TYPE: 'segment', CLIENT_CA: '{FILE:theirs.pem}' } },
];

interface Asked {
  readonly port: number;
  /** The Host. */
  readonly host: string;
  /** The name in the TLS hello; the host when left out, none when empty. */
  readonly sni?: string;
  readonly as?: SecureContextOptions | undefined;
}

/** The status, and the headers of the app that answered that are like the subject of a client. A handshake that fails is status 0. */
type Seen = readonly [status: number, ...subjects: string[]];

function seenOf(status: number, body: string): Seen {
  if (status !== 200) return [status];
  const { headers } = JSON.parse(body) as Arrived;
  return [status, ...Object.entries(headers).flatMap(([name, value]) => (/^x.ssl.client.subject$/.test(name) ? [value] : []))];
}

async function askH1({ port, host, sni = host, as }: Asked): Promise<Seen> {
  const headers = { host, ...FORGED };
  const asked = askOverTls({ host: '127.0.0.1', port, agent: false, servername: sni, rejectUnauthorized: false, headers, ...as }).end();
  try {
    const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer> & { readonly statusCode: number }];
    let body = '';
    for await (const chunk of response) body += chunk.toString();
    return seenOf(response.statusCode, body);
  } catch {
    return [0];
  }
}

async function askH2({ port, host, sni = host, as }: Asked): Promise<Seen> {
  const session = connect(`https://127.0.0.1:${port}`, { servername: sni, rejectUnauthorized: false, ...as });
  try {
    session.on('error', () => undefined); // the stream's is enough
    const stream = session.request({ ':authority': host, ...FORGED });
    const ended = once(stream, 'close').then(() => Promise.reject(new Error('no answer')));
    const [headers] = (await Promise.race([once(stream, 'response'), ended])) as [Readonly<Record<string, unknown>>];
    ended.catch(() => undefined);
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += String(chunk);
    return seenOf(Number(headers[':status']), body);
  } catch {
    return [0];
  } finally {
    session.destroy();
  }
}

const estate = useEstate({ apps, files: { 'ca.pem': ca, 'theirs.pem': authorities[1]?.certificate ?? '' } });

describe.each([
  ['HTTP/1.1', askH1],
  ['HTTP/2', askH2],
])('clients with certificates of their own, over %s', (_, asked) => {
  test.each<[who: string, SecureContextOptions | undefined, Readonly<Record<string, Seen>>]>([
    ['that our authority has signed', client, { bank: [200, 'CN=client'], maybe: [200, 'CN=client'], open: [200] }],
    ['that somebody else has signed', stranger, { bank: [0], maybe: [0], open: [200] }],
    ['of which they have none', NOBODY, { bank: [0], maybe: [200], open: [200] }],
  ])('%s: the app learns who it is from the certificate alone', async (_who, as, wanted) => {
    const { https: port } = estate().ports;
    const seen = Object.keys(wanted).map(async (name) => [name, await asked({ port, host: `${name}.test`, as })] as const);
    expect(Object.fromEntries(await Promise.all(seen))).toEqual(wanted);
  });

  test('a path of a host below a wildcard opens the wildcard to nobody whose certificate other authorities have signed', async () => {
    const { https: port } = estate().ports;
    const seen = (as: SecureContextOptions | undefined) =>
      Promise.all(['a', 'below'].map((name) => asked({ port, host: `${name}.wide.test`, as })));
    await expect(seen(client)).resolves.toEqual([[200, 'CN=client'], [0]]);
    await expect(seen(stranger)).resolves.toEqual([[0], [403]]);
  });

  test.each(['', 'open.test', 'nobody.test'])('by the name %p in the hello nobody gets at a host with a policy of its own', async (sni) => {
    const { https: port } = estate().ports;
    const as = { ...client, maxVersion: 'TLSv1.2' as const };
    for (const host of ['bank.test', 'maybe.test', 'high.test']) await expect(asked({ port, host, sni, as })).resolves.toEqual([421]);
    await expect(asked({ port, host: 'bank.test', sni, as: client })).resolves.toEqual([421]);
    await expect(asked({ port, host: 'high.test', sni })).resolves.toEqual([200]); // the version is high enough
    await expect(asked({ port, host: 'open.test', sni, as })).resolves.toEqual([200]);
  });
});
