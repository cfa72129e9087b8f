import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect as connectH2, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { selectCertificates } from '../../src/certificates/choose.ts';
import { judgeFile } from '../../src/certificates/judge.ts';
import { makeAuthority, makeParts } from '../certificates/pem.ts';
import { freePorts } from '../e2e/ports.ts';
import { RELEASE } from '../e2e/release.ts';
import { filesOf, listOf, viewOf } from '../golden/cases.ts';
import { answers, AT_ONCE, LONGEST_MS, processorTime, start, type Routed } from './routed.ts';

type Labels = Readonly<Record<string, string>>;

/** How clients ask: HTTP/1.1, the same over TLS, or HTTP/2 over TLS. */
type Over = 'http' | 'https' | 'h2';

/** How the app's server listens. */
type Server = 'plain' | 'tls' | 'proxy' | 'tls-proxy';

/** The app that is asked for, beside an estate of apps without labels. */
export interface Featured {
  /** By what stands behind HAPROXY_0_; `{CA}` is a file with an authority. */
  readonly labels: Labels;
  /** Labels of the app after it. */
  readonly beside?: Labels;
  readonly over?: Over;
  readonly server?: Server;
  /** What requests carry. */
  readonly headers?: Labels;
}

/** Certificates that all share: one for every host, and one of a client. */
interface Keys {
  readonly ca: string;
  readonly pem: string;
  readonly cert: string;
  readonly key: string;
}

const HOST = 'app0.acme.org';
const PATH = '/shop/x';

/** Writes an authority, and a certificate that it has signed. */
export async function makeKeys(folder: string): Promise<Keys> {
  const { certificate, signs } = await makeAuthority('ours', { keyType: 'ec' });
  const { certificate: cert, key } = await makeParts(HOST, { keyType: 'ec', ...signs });
  const [ca, pem] = [path.join(folder, 'ca.pem'), path.join(folder, 'cert.pem')];
  await writeFile(ca, certificate);
  await writeFile(pem, cert + key);
  return { ca, pem, cert, key };
}

/** A HAProxy of one thread with so many apps, of which the first is asked for. Throws when one of its labels is a Problem. */
export async function startFeatured(featured: Featured, at: { folder: string; apps: number; keys: Keys }): Promise<Routed> {
  const { labels, over = 'http', server = 'plain', beside, headers = {} } = featured;
  const { folder, apps, keys } = at;
  await mkdir(folder);
  const [http = 0, https = 0, appId = 0, stats = 0, ...behind] = await freePorts(8);
  const servers: readonly Server[] = ['plain', 'tls', 'proxy', 'tls-proxy'];
  const port = behind[servers.indexOf(server)] ?? 0;
  const all = Array.from({ length: apps }, (_, i) => appJson(i, { ...(i === 0 && labels), ...(i === 1 && beside) }, { port, ca: keys.ca }));
  const config = path.join(folder, 'haproxy.cfg');
  const ports = { httpPort: http, httpsPort: https, appIdPort: appId, statsPort: stats, haproxyConfig: config, bindAddress: '127.0.0.1' };
  const { contents } = await selectCertificates(new Map([[keys.pem, await judgeFile(keys.pem)]]), { stateDir: folder });
  const view = viewOf({ name: '', about: '', release: RELEASE, apps: all, settings: { ...ports, nbthread: 1 } }, [keys.pem], contents);
  const files = filesOf(view);
  if (files.get('problems.txt') !== '') throw new Error(files.get('problems.txt'));
  for (const [file, text] of [...files, ...listOf(view)]) await writeFile(path.join(folder, file), withoutOwnPorts(file, text));
  await writeServer(folder, behind, keys.pem);
  const haproxies = [await start(path.join(folder, 'server.cfg'), behind[0] ?? 0), await start(config, http)];
  const load = { port: over === 'http' ? http : https, over, headers, keys };
  return {
    microseconds: async (requests) => {
      const pid = haproxies[1]?.pid ?? 0;
      const before = await processorTime(pid);
      const sent = await send(load, requests);
      return ((await processorTime(pid)) - before) / 1_000 / sent;
    },
    stop: async () => {
      for (const { stop } of haproxies) await stop();
    },
  };
}

/** The apps' own frontends are not asked, and there are many. */
function withoutOwnPorts(file: string, text: string): string {
  return file.endsWith('.cfg') ? text.replace(/^frontend \S+_\d+(?:-in)?\n(?:[ \t].*\n)+/gm, '') : text;
}

/** The server of all apps: it answers with a page of 2 KB, on a port for each way to listen. */
async function writeServer(folder: string, ports: readonly number[], pem: string): Promise<void> {
  const page = path.join(folder, 'page.html');
  await writeFile(page, '<p>hello</p>'.repeat(170));
  const tls = ` ssl crt ${pem} alpn h2,http/1.1`;
  const binds = ['', tls, ' accept-proxy', ` accept-proxy${tls}`].map((words, i) => `  bind 127.0.0.1:${ports[i] ?? 0}${words}\n`).join('');
  const times = '  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n';
  const answer = `  http-request return status 200 content-type text/html file ${page}\n`;
  await writeFile(path.join(folder, 'server.cfg'), `global\n  nbthread 1\ndefaults\n  mode http\n${times}frontend in\n${binds}${answer}`);
}

function appJson(i: number, labels: Labels, { port, ca }: { readonly port: number; readonly ca: string }): unknown {
  const all = Object.entries({ VHOST: `app${i}.acme.org`, ...labels });
  const version = '2026-01-01T00:00:00.000Z';
  return {
    id: `/app${i}`,
    instances: 1,
    labels: {
      HAPROXY_GROUP: 'external',
      ...Object.fromEntries(all.map(([name, text]) => [`HAPROXY_0_${name}`, text.replace('{CA}', ca)])),
    },
    networks: [{ mode: 'host' }],
    portDefinitions: [{ port: 10_000 + i, protocol: 'tcp' }],
    version,
    tasks: [{ id: `app${i}.1`, appId: `/app${i}`, host: '127.0.0.1', ports: [port], state: 'TASK_RUNNING', version, startedAt: version }],
  };
}

interface Load {
  readonly port: number;
  readonly over: Over;
  readonly headers: Labels;
  readonly keys: Keys;
}

/** Sends requests over four connections that are kept. Returns how many were sent. */
async function send(load: Load, requests: number): Promise<number> {
  const end = Date.now() + LONGEST_MS;
  let sent = 0;
  const worker = async (): Promise<void> => {
    const client = load.over === 'h2' ? await h2Client(load) : await h1Client(load);
    while (sent < requests && Date.now() < end) {
      sent += AT_ONCE;
      await client.ask();
    }
    client.close();
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return sent;
}

interface Client {
  /** Sends AT_ONCE requests, and waits for their answers. */
  readonly ask: () => Promise<void>;
  readonly close: () => void;
}

const TRUSTING = { servername: HOST, rejectUnauthorized: false } as const;

async function h1Client({ port, over, headers, keys: { cert, key } }: Load): Promise<Client> {
  const at = { port, host: '127.0.0.1' };
  const socket = over === 'http' ? connect(at) : connectTls({ ...at, ...TRUSTING, cert, key });
  await once(socket, over === 'http' ? 'connect' : 'secureConnect');
  socket.setNoDelay().setEncoding('latin1');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${PATH} HTTP/1.1\r\nHost: ${HOST}\r\n${lines.join('')}\r\n`;
  const ask = async (): Promise<void> => {
    socket.write(request.repeat(AT_ONCE));
    await answers(socket);
  };
  return { ask, close: () => socket.destroy() };
}

async function h2Client({ port, headers, keys: { cert, key } }: Load): Promise<Client> {
  const session = connectH2(`https://127.0.0.1:${port}`, { ...TRUSTING, cert, key });
  await once(session, 'connect');
  const ask = async (): Promise<void> => {
    await Promise.all(Array.from({ length: AT_ONCE }, () => askH2(session, headers)));
  };
  const close = (): void => {
    session.destroy();
  };
  return { ask, close };
}

async function askH2(session: ClientHttp2Session, headers: Labels): Promise<void> {
  const stream = session.request({ ':authority': HOST, ':path': PATH, ...headers });
  const ended = once(stream.resume(), 'end');
  const [{ ':status': status }] = (await once(stream, 'response')) as [Readonly<Record<string, unknown>>];
  if (status !== 200) throw new Error(`an answer of ${String(status)}`);
  await ended;
}
