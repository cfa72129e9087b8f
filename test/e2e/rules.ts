import { afterAll, beforeAll } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createNetServer, type Server as NetServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { judgeFile } from '../../src/certificates/judge.ts';
import { selectCertificates } from '../../src/certificates/choose.ts';
import type { Settings } from '../../src/options/options.ts';
import { filesOf, listOf, viewOf } from '../golden/cases.ts';
import { ask, type Answer, type Question } from './ask.ts';
import { endAll, makeFolder } from './ends.ts';
import { listen, needHaproxy, type Ends } from './fixtures/stage.ts';
import { freePorts } from './ports.ts';
import { RELEASE } from './release.ts';
import { until } from './until.ts';

/** An app with one port; labels by what stands behind HAPROXY_0_. */
export interface RuledApp {
  /** '/shop' */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What its servers speak: http, TLS with the certificate `tls` of the plan, or http behind a PROXY header, which is their answer's body. */
  readonly speaks?: 'tls' | 'proxy';
}

/** Over which of the load balancer's ports: a shared one, or an app's service port. */
type Way = { readonly over?: 'http' | 'https' | 'appId' } | { readonly servicePortOf: string };

export type EstateQuestion = Omit<Question, 'port' | 'tls'> & Way;

/** What an app's server got, as it tells in its answers. */
export interface Arrived {
  /** 'a' or 'b': each app has these two servers. */
  readonly server: string;
  readonly app: string;
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A running HAProxy with the configuration that we make of the apps. */
export interface Estate {
  readonly ask: (question: EstateQuestion) => Promise<Answer>;
  /** What of a request came to an app's server; rejects when it was not answered by one. */
  readonly arrived: (question: EstateQuestion) => Promise<Arrived>;
  readonly config: string;
  /** The service port of an app. */
  readonly portOf: (id: string) => number;
  readonly ports: { readonly http: number; readonly https: number; readonly appId: number };
}

interface Plan {
  readonly apps: readonly RuledApp[];
  readonly settings?: Partial<Settings>;
  /** Files of certificates by the labels that name them: `{PEM:shop}` in a label is a certificate for 'shop'. */
  readonly certificates?: readonly string[];
  /** Texts of files by the labels that name them: `{FILE:ca}` in a label. */
  readonly files?: Readonly<Record<string, string>>;
  /** Pages in the operator's folder, by file name. */
  readonly pages?: Readonly<Record<string, string>>;
  /** Ports of servers that a test starts itself, by the app whose only servers they are. */
  readonly servers?: Readonly<Record<string, () => number | readonly number[]>>;
}

/** An answer is what this header of the request says: a Location. */
export const ANSWER_LOCATION = 'x-answer-location';

/** The Content-Type of an answer, and how many milliseconds it waits, are what these headers of the request say. */
export const ANSWER_TYPE = 'x-answer-type';
export const ANSWER_AFTER = 'x-answer-after';

/** An estate for all tests of a `describe`. */
export function useEstate(plan: Plan): () => Estate {
  const ends: Ends = [];
  const built: { estate?: Estate } = {};
  beforeAll(needHaproxy);
  beforeAll(async () => {
    built.estate = await startEstate(plan, ends);
  }, 60_000);
  afterAll(() => endAll(ends));
  return () => built.estate ?? fail('the estate did not start');
}

function fail(why: string): never {
  throw new Error(why);
}

/** The virtual hosts of the two apps of `bothOf`, without the app's name: one, and two in a list. */
export const KINDS = ['one', 'first', 'second'] as const;
export type Kind = (typeof KINDS)[number];

/** http and https, to one virtual host and to each of a list. */
export const WAYS = (['http', 'https'] as const).flatMap((over) => KINDS.map((kind) => ({ over, kind })));

export const MAPS = [
  ['on', true],
  ['off', false],
] as const;

/** An app with one virtual host, and one with two, else alike. */
export function bothOf(name: string, labels: Readonly<Record<string, string>>): readonly RuledApp[] {
  return [
    { id: `/${name}-one`, labels: { VHOST: hostOf(name, 'one'), ...labels } },
    { id: `/${name}-list`, labels: { VHOST: [hostOf(name, 'first'), hostOf(name, 'second')].join(','), ...labels } },
  ];
}

export function hostOf(name: string, kind: Kind): string {
  return `${name}.${kind}.test`;
}

export function idOf(name: string, kind: Kind): string {
  return `/${name}-${kind === 'one' ? 'one' : 'list'}`;
}

async function startEstate(
  { apps, settings, certificates = [], files: given = {}, pages = {}, servers = {} }: Plan,
  ends: Ends,
): Promise<Estate> {
  const folder = await makeFolder(ends);
  const [http = 0, https = 0, appId = 0, stats = 0, ...servicePorts] = await freePorts(4 + apps.length);
  const pems = new Map(await Promise.all(['shared', ...certificates].map((name) => writeCertificate(folder, name))));
  const withFiles = (text: string): string =>
    text
      .replace(/\{PEM:([^}]+)\}/g, (_, name: string) => pems.get(name) ?? fail(name))
      .replace(/\{FILE:([^}]+)\}/g, (_, name: string) => path.join(folder, name));
  const config = path.join(folder, 'haproxy.cfg');
  const serversOf = async (app: RuledApp): Promise<readonly number[]> => {
    const own = servers[app.id];
    return own === undefined ? startServers(app, pems, ends) : [own()].flat();
  };
  for (const [name, text] of Object.entries({ ...given, ...pages })) await writeFile(path.join(folder, name), text);
  const shared = pems.get('shared') ?? '';
  const { contents } = await selectCertificates(new Map([[shared, await judgeFile(shared)]]), { stateDir: path.join(folder, 'state') });
  const rendered = viewOf(
    {
      name: 'estate',
      about: '',
      release: RELEASE,
      apps: await Promise.all(apps.map(async (app, i) => appJson(app, servicePorts[i] ?? 0, await serversOf(app), withFiles))),
      settings: {
        ...{ httpPort: http, httpsPort: https, appIdPort: appId, statsPort: stats, haproxyConfig: config, bindAddress: '127.0.0.1' },
        ...(Object.keys(pages).length > 0 && { errorPages: folder }),
        ...settings,
      },
    },
    [shared],
    contents,
  );
  const files = new Map([...filesOf(rendered), ...listOf(rendered)]);
  for (const [file, text] of files) await writeFile(path.join(folder, file), text);
  await startHaproxy(config, stats, ends);
  const portOf = (way: Way): number => {
    if ('servicePortOf' in way) return servicePorts[apps.findIndex(({ id }) => id === way.servicePortOf)] ?? fail(way.servicePortOf);
    return { http, https, appId }[way.over ?? 'http'];
  };
  const asked: Estate['ask'] = (question) =>
    ask({ ...question, port: portOf(question), tls: 'over' in question && question.over === 'https' });
  return {
    ask: asked,
    arrived: async (question) => readArrived(await asked(question)),
    config: files.get('haproxy.cfg') ?? '',
    portOf: (id) => portOf({ servicePortOf: id }),
    ports: { http, https, appId },
  };
}

function readArrived({ status, headers, body }: Answer): Arrived {
  if (headers['x-arrived'] === undefined) throw new Error(`no server of an app answered this, but HAProxy: ${status}`);
  return JSON.parse(body) as Arrived;
}

async function writeCertificate(folder: string, name: string): Promise<[string, string]> {
  const file = path.join(folder, `${name}.pem`);
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], { keySize: 2048, algorithm: 'sha256' });
  await writeFile(file, `${cert.trim()}\n${key.trim()}\n`);
  return [name, file];
}

/** Two servers, that answer with what they got. */
async function startServers({ id, speaks }: RuledApp, pems: ReadonlyMap<string, string>, ends: Ends): Promise<readonly number[]> {
  if (speaks === 'proxy') return Promise.all([0, 1].map(() => listen(proxyServer(), ends)));
  const pem = speaks === 'tls' ? await readFile(pems.get('tls') ?? fail('tls')) : undefined;
  return Promise.all(['a', 'b'].map((server) => listen(makeServer(id, server, pem), ends)));
}

/** Answers with all that it got first, as hexadecimal digits. */
function proxyServer(): NetServer {
  return createNetServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${data.toString('hex')}`));
  });
}

/** A path /only-a is answered with 503 by all servers but a. */
function makeServer(app: string, server: string, pem: Buffer | undefined): Server {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void (async () => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
      const { method = '', url = '', headers } = request;
      const location = headers[ANSWER_LOCATION];
      const type = headers[ANSWER_TYPE];
      await wait(Number(headers[ANSWER_AFTER] ?? 0));
      const isOther = url.startsWith('/only-') && url !== `/only-${server}`;
      response.writeHead(isOther ? 503 : location === undefined ? 200 : 302, {
        'X-Arrived': server,
        ...(location !== undefined && { Location: location }),
        ...(type !== undefined && { 'Content-Type': type }),
      });
      response.end(JSON.stringify({ server, app, method, path: url, host: headers.host, headers, body }));
    })().catch(() => response.destroy()); // a request that ends too early
  };
  return pem === undefined ? createServer(answer) : createTlsServer({ key: pem, cert: pem }, answer);
}

function appJson({ id, labels }: RuledApp, servicePort: number, ports: readonly number[], withFiles: (text: string) => string): unknown {
  const ofPort = Object.entries(labels).map(([name, text]) => [`HAPROXY_0_${name}`, withFiles(text)]);
  return {
    id,
    instances: ports.length,
    labels: { HAPROXY_GROUP: 'external', ...(Object.fromEntries(ofPort) as Record<string, string>) },
    networks: [{ mode: 'host' }],
    portDefinitions: [{ port: servicePort, protocol: 'tcp' }],
    version: '2026-01-01T00:00:00.000Z',
    tasks: ports.map((port, i) => ({
      id: `${id.slice(1).replaceAll('/', '_')}.${i}`,
      appId: id,
      host: '127.0.0.1',
      ports: [port],
      state: 'TASK_RUNNING',
      version: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-01-01T00:00:00.000Z',
    })),
  };
}

async function startHaproxy(config: string, statsPort: number, ends: Ends): Promise<void> {
  const haproxy = spawn('haproxy', ['-db', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  haproxy.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(haproxy, 'exit');
  ends.push(async () => {
    haproxy.kill('SIGKILL');
    await ended;
  });
  await until(
    () => `HAProxy to start; it said: ${said}`,
    async () => {
      if (haproxy.exitCode !== null) throw new Error(`HAProxy did not start: ${said}`);
      return (await ask({ port: statsPort, path: '/_haproxy_health_check' })).status === '200';
    },
  );
}
