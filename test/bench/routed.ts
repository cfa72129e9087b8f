import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../e2e/ports.ts';
import { RELEASE } from '../e2e/release.ts';
import { filesOf, viewOf } from '../golden/cases.ts';

/** Whether each request is for another app than the one before, or all are for one of the apps. */
export type Spread = 'all' | 'one';

/** The host and path of a request. */
export type Asked = readonly [host: string, path: string];

/** A HAProxy of one thread with the routes of many apps. */
export interface Routed {
  /** Sends requests, and returns the processor time of one. Fewer are sent where they take longer than four seconds. */
  readonly microseconds: (requests: number, spread: Spread) => Promise<number>;
  readonly stop: () => Promise<void>;
}

interface Plan {
  readonly folder: string;
  /** The labels of each app, by what stands behind HAPROXY_0_. */
  readonly apps: readonly Readonly<Record<string, string>>[];
  readonly ask: (i: number) => Asked;
  readonly haproxyMap?: false;
  /** Whether a request names its backend in its path, so that no route has to be looked up. */
  readonly named?: true;
  /** Whether requests go on to a server. Else no app has a task, and every backend answers itself. */
  readonly served?: true;
}

export async function startRouted({ folder, apps, ask, haproxyMap, named, served }: Plan): Promise<Routed> {
  await mkdir(folder);
  const [http = 0, https = 0, appId = 0, stats = 0, behind = 0] = await freePorts(5);
  const config = path.join(folder, 'haproxy.cfg');
  const ports = { httpPort: http, httpsPort: https, appIdPort: appId, statsPort: stats, haproxyConfig: config, bindAddress: '127.0.0.1' };
  const json = apps.map((labels, i) => appJson(i, labels, served === true ? behind : undefined));
  const view = viewOf({
    name: '',
    about: '',
    release: RELEASE,
    apps: json,
    settings: { ...ports, nbthread: 1, haproxyMap: haproxyMap !== false },
  });
  for (const [file, text] of filesOf(view)) {
    await writeFile(
      path.join(folder, file),
      file.endsWith('.cfg') ? asMeasured(text, { ...(served && { served }), ...(named && { named }) }) : text,
    );
  }
  const server = path.join(folder, 'server.cfg');
  await writeFile(server, serverText(behind));
  const haproxies = [await start(config, http), ...(served === true ? [await start(server, behind)] : [])];
  return {
    microseconds: (requests, spread) => {
      const one = Math.min(7, apps.length - 1);
      return measure(haproxies[0]?.pid ?? 0, { port: http, ask: (i) => ask(spread === 'all' ? i % apps.length : one), requests });
    },
    stop: async () => {
      for (const { stop } of haproxies) await stop();
    },
  };
}

/**
 * Without TLS, which needs a certificate and is not measured, and without the apps' own frontends, of which there are many. Where nothing is served,
 * every backend answers itself; the first one also gets what no route takes.
 */
function asMeasured(text: string, { served, named }: Pick<Plan, 'served' | 'named'>): string {
  const bare = text.replace(/ ssl crt \S+ alpn \S+/g, '').replace(/^frontend \S+_\d+(?:-in)?\n(?:[ \t].*\n)+/gm, '');
  if (served === true) return bare;
  return bare
    .replace(/^(backend app\d+_\d+\n(?:[ \t].*\n)+)/gm, '$1  http-request return status 200\n')
    .replace(
      /^(frontend marathon_http_in\n(?:[ \t].*\n)+)/m,
      `$1${named === true ? '  use_backend %[path,field(2,/)]\n' : ''}  default_backend app0_10000\n`,
    );
}

function serverText(port: number): string {
  const answer = `http-request return status 200 content-type text/html string "${'<p>hello</p>'.repeat(20)}"`;
  const times = '  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n';
  return `global\n  nbthread 1\ndefaults\n  mode http\n${times}frontend in\n  bind 127.0.0.1:${port}\n  ${answer}\n`;
}

function appJson(i: number, labels: Readonly<Record<string, string>>, port: number | undefined): unknown {
  const ofPort = Object.fromEntries(Object.entries(labels).map(([name, text]) => [`HAPROXY_0_${name}`, text]));
  const version = '2026-01-01T00:00:00.000Z';
  const task = { id: `app${i}.1`, appId: `/app${i}`, host: '127.0.0.1', ports: [port], state: 'TASK_RUNNING', version, startedAt: version };
  return {
    id: `/app${i}`,
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', ...ofPort },
    networks: [{ mode: 'host' }],
    portDefinitions: [{ port: 10_000 + i, protocol: 'tcp' }],
    version,
    tasks: port === undefined ? [] : [task],
  };
}

/** A HAProxy that runs in the foreground with a configuration; resolves when the port is open. */
export async function start(config: string, port: number) {
  const haproxy = spawn('haproxy', ['-db', '-f', config], { stdio: 'ignore' });
  const ended = once(haproxy, 'exit');
  const stop = async (): Promise<void> => {
    haproxy.kill('SIGKILL');
    await ended;
  };
  await waitFor(port);
  return { pid: haproxy.pid ?? 0, stop };
}

async function waitFor(port: number): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(100);
  }
  throw new Error('HAProxy did not start within a minute');
}

interface Load {
  readonly port: number;
  readonly ask: (i: number) => Asked;
  readonly requests: number;
}

async function measure(pid: number, load: Load): Promise<number> {
  const before = await processorTime(pid);
  const sent = await send(load);
  return ((await processorTime(pid)) - before) / 1_000 / sent;
}

/** The nanoseconds that the only thread of a process has run. */
export async function processorTime(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')[0]);
}

/** Requests in one write: most of the processor time is then that of requests, and not of reading and writing. */
export const AT_ONCE = 20;
export const LONGEST_MS = 4_000;

/** Sends requests over four connections. Returns how many were sent. */
async function send({ port, ask, requests }: Load): Promise<number> {
  const end = Date.now() + LONGEST_MS;
  let next = 0;
  const worker = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
    while (next < requests && Date.now() < end) {
      const asked = Array.from({ length: AT_ONCE }, () => ask((next++ * 7919) % 1_000_003));
      socket.write(asked.map(([name, at]) => `GET ${at} HTTP/1.1\r\nHost: ${name}\r\n\r\n`).join(''));
      await answers(socket);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return next;
}

/** Waits for the answers to as many requests as one write has. Throws at one that is no 200. */
export async function answers(socket: Socket): Promise<void> {
  let got = 0;
  for (let text = ''; got < AT_ONCE; got = text.split('HTTP/1.1 200').length - 1) {
    text += String(await once(socket, 'data'));
    const other = /HTTP\/1\.1 (?!200)\d+.*/.exec(text);
    if (other !== null) throw new Error(`the answer to a request is ${other[0]}`);
  }
}
