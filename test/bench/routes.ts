/**
 * What routing costs: HAProxy's processor time for each request, by how the routes are written and how many there are. No app has a task, so that
 * every request is answered by HAProxy. `npm run bench:routes -- 10000` for other numbers of apps.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../src/options/options.ts';
import { freePorts } from '../e2e/ports.ts';
import { RELEASE } from '../e2e/release.ts';
import { filesOf, viewOf } from '../golden/cases.ts';

type Labels = Readonly<Record<string, string>>;

interface Kind {
  readonly name: string;
  readonly labels: (i: number) => Labels;
  readonly ask: (i: number) => readonly [host: string, path: string];
  readonly settings?: Partial<Settings>;
}

const host = (i: number): string => `app${i}.acme.org`;
const KINDS: readonly Kind[] = [
  { name: 'no route for the host (the floor)', labels: (i) => ({ VHOST: host(i) }), ask: (i) => [`x${i}.example.com`, '/'] },
  { name: 'map of hosts', labels: (i) => ({ VHOST: host(i) }), ask: (i) => [host(i), '/'] },
  { name: 'rules (--no-haproxy-map)', labels: (i) => ({ VHOST: host(i) }), ask: (i) => [host(i), '/'], settings: { haproxyMap: false } },
  { name: 'PATH by rules', labels: (i) => ({ VHOST: host(i), PATH: '/api' }), ask: (i) => [host(i), '/api/x'] },
  { name: 'PATH in the table', labels: (i) => ({ VHOST: host(i), PATH: '/api', PATH_TYPE: 'segment' }), ask: (i) => [host(i), '/api/x'] },
  { name: 'wildcard, one level up', labels: (i) => ({ VHOST: `*.${host(i)}` }), ask: (i) => [`x.${host(i)}`, '/'] },
  { name: 'wildcard, four levels up', labels: (i) => ({ VHOST: `*.${host(i)}` }), ask: (i) => [`a.b.c.d.${host(i)}`, '/'] },
  { name: 'default', labels: (i) => (i === 0 ? { DEFAULT: 'true' } : { VHOST: host(i) }), ask: (i) => [`x${i}.example.com`, '/'] },
  { name: 'split of two', labels: (i) => ({ VHOST: host(i - (i % 2)), SPLIT: `s${i - (i % 2)}` }), ask: (i) => [host(i - (i % 2)), '/'] },
];

const REQUESTS = 20_000;
const TICKS = 100; // of processor time in /proc, for each second

async function measure({ labels, ask, settings = {} }: Kind, count: number): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-routes-'));
  try {
    const [http = 0, https = 0, appId = 0, stats = 0] = await freePorts(4);
    const config = path.join(folder, 'haproxy.cfg');
    const apps = Array.from({ length: count }, (_, i) => appJson(i, labels(i)));
    const ports = { httpPort: http, httpsPort: https, appIdPort: appId, statsPort: stats, haproxyConfig: config, bindAddress: '127.0.0.1' };
    const view = viewOf({ name: '', about: '', release: RELEASE, apps, settings: { ...ports, nbthread: 1, ...settings } });
    for (const [file, text] of filesOf(view)) await writeFile(path.join(folder, file), file.endsWith('.cfg') ? asMeasured(text) : text);
    return await measureOne(config, http, (i) => ask(i % count));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Without TLS, which needs a certificate and is not measured, and without the apps' own frontends, of which there are many. Every backend answers
 * itself; the first one also gets what no route takes.
 */
function asMeasured(text: string): string {
  return text
    .replace(/ ssl crt \S+ alpn \S+/g, '')
    .replace(/^frontend \S+_\d+\n(?:[ \t].*\n)+/gm, '')
    .replace(/^(backend app\d+_\d+\n(?:[ \t].*\n)+)/gm, '$1  http-request return status 200\n')
    .replace(/^(frontend marathon_http_in\n(?:[ \t].*\n)+)/m, '$1  default_backend app0_10000\n');
}

function appJson(i: number, labels: Labels): unknown {
  const ofPort = Object.fromEntries(Object.entries(labels).map(([name, text]) => [`HAPROXY_0_${name}`, text]));
  return {
    id: `/app${i}`,
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', ...ofPort },
    networks: [{ mode: 'host' }],
    portDefinitions: [{ port: 10_000 + i, protocol: 'tcp' }],
    version: '2026-01-01T00:00:00.000Z',
    tasks: [],
  };
}

async function measureOne(config: string, port: number, ask: Kind['ask']): Promise<number> {
  const haproxy = spawn('haproxy', ['-db', '-f', config], { stdio: 'ignore' });
  const ended = once(haproxy, 'exit');
  try {
    await waitFor(port);
    await load(port, ask, REQUESTS / 10);
    const before = await processorTime(haproxy.pid ?? 0);
    await load(port, ask, REQUESTS);
    return (((await processorTime(haproxy.pid ?? 0)) - before) / TICKS / REQUESTS) * 1e6;
  } finally {
    haproxy.kill('SIGKILL');
    await ended;
  }
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

async function processorTime(pid: number): Promise<number> {
  const words = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return Number(words[11]) + Number(words[12]);
}

/** Requests in one write: most of the processor time is then that of requests, and not of reading and writing. */
const AT_ONCE = 20;

/** Sends requests over four connections. Their hosts are spread over all apps. */
async function load(port: number, ask: Kind['ask'], requests: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
    while (next < requests) {
      const asked = Array.from({ length: AT_ONCE }, () => ask((next++ * 7919) % 1_000_003));
      socket.write(asked.map(([name, at]) => `GET ${at} HTTP/1.1\r\nHost: ${name}\r\n\r\n`).join(''));
      await answers(socket);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

async function answers(socket: Socket): Promise<void> {
  let got = 0;
  for (let text = ''; got < AT_ONCE; got = text.split('HTTP/1.1 200').length - 1) text += String(await once(socket, 'data'));
}

const counts = process.argv.slice(2).map(Number);
console.log('| routes | µs of processor time a request, with this many apps |\n|---|---|');
for (const kind of KINDS)
  for (const count of counts.length > 0 ? counts : [10, 1_000])
    console.log(`| ${kind.name} | ${count}: ${(await measure(kind, count)).toFixed(1)} |`);
