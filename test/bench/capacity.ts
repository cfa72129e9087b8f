/**
 * Memory and CPU of the daemon and of HAProxy on an estate that is followed and where nothing changes, with HAProxy checking every server.
 *
 *   npm run bench:capacity               1,000 and 5,000 apps of 5 tasks
 *   npm run bench:capacity -- 2000 3     2,000 apps of 3 tasks
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../e2e/ports.ts';
import { makeBody, type Estate } from './apps.ts';

const PERIOD_S = 60;
/** Ticks of a second in /proc. */
const HERTZ = 100;

/** The memory in MB and the CPU time in seconds of processes so far. */
function useOf(pids: readonly number[]): { readonly mb: number; readonly cpu: number } {
  const each = pids.map((pid) => {
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return { mb: rss, cpu: (Number(fields[11]) + Number(fields[12])) / HERTZ };
  });
  return { mb: each.reduce((sum, { mb }) => sum + mb, 0), cpu: each.reduce((sum, { cpu }) => sum + cpu, 0) };
}

/** A Marathon whose apps never change, and the servers of all of their tasks. */
async function startEstate(estate: Estate, ports: readonly number[]): Promise<() => void> {
  const body = [...makeBody(estate)].join('').replaceAll(/"(?:192\.168|10\.\d+)(\.\d+\.\d+)"/g, '"127.84$1"');
  const marathon = createServer((request, response) => {
    if (request.url?.startsWith('/v2/events') !== true) return void response.setHeader('Content-Type', 'application/json').end(body);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const beat = setInterval(() => response.write('\r\n'), 10_000);
    response.write('event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n');
    response.once('close', () => {
      clearInterval(beat);
    });
  });
  const tasks = createServer((_, response) => void response.end('ok\n'));
  await Promise.all([once(marathon.listen(ports[0], '127.0.0.1'), 'listening'), once(tasks.listen(8080, '0.0.0.0', 4096), 'listening')]);
  return () => {
    for (const server of [marathon, tasks]) {
      server.close();
      server.closeAllConnections();
    }
  };
}

function pidsOf(runDir: string): readonly number[] {
  const lines = execFileSync('pgrep', ['-af', 'haproxy'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(runDir)).map((line) => Number(line.split(' ')[0]));
}

async function measure(estate: Estate): Promise<void> {
  const ports = await freePorts(5);
  const folder = realpathSync(await mkdtemp(path.join(tmpdir(), 'capacity-')));
  const end = await startEstate(estate, ports);
  const [http = 0, https = 0, stats = 0, ids = 0] = ports.slice(1);
  const flags = {
    marathon: `http://127.0.0.1:${ports[0]}`,
    'http-port': http,
    'https-port': https,
    'stats-port': stats,
    'app-id-port': ids,
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const own = ['--haproxy-config', `${folder}/haproxy.cfg`, '--run-dir', `${folder}/run`, '--state-dir', `${folder}/state`];
  const all = ['bin/marathon-lb-ts.js', '--group', 'external', '--stop-haproxy', '--admin-address', 'off', ...words, ...own];
  const daemon = spawn(process.execPath, all, { stdio: ['ignore', 'ignore', 'inherit'] });
  const status = () => spawn(process.execPath, ['bin/marathon-lb-ts.js', 'status', '--run-dir', `${folder}/run`], { stdio: 'ignore' });
  const isReady = async (): Promise<boolean> => ((await once(status(), 'exit')) as [number])[0] === 0;
  for (let i = 0; i < 60 && !(await isReady()); i++) await sleep(1_000);
  await sleep(10_000);
  const look = () => ({ daemon: useOf([daemon.pid ?? 0]), haproxy: useOf(pidsOf(folder)) });
  const before = look();
  await sleep(PERIOD_S * 1000);
  const after = look();
  const row = (name: 'daemon' | 'haproxy') =>
    `${Math.round(after[name].mb)} MB, ${(((after[name].cpu - before[name].cpu) / PERIOD_S) * 100).toFixed(1)} % of a core`;
  process.stdout.write(`${estate.apps} x ${estate.tasks}: daemon ${row('daemon')}; HAProxy ${row('haproxy')}\n`);
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
  end();
  await rm(folder, { recursive: true, force: true });
}

const [apps, tasks] = process.argv.slice(2).map(Number);
const estates = apps === undefined ? [1_000, 5_000].map((count) => ({ apps: count, tasks: 5 })) : [{ apps, tasks: tasks ?? 5 }];
for (const estate of estates) await measure(estate);
