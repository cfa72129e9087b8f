/**
 * `--once --dry` on a large estate: how long the command takes and how much memory it needs, and where the time goes.
 *
 *   npm run bench                      1,000 and 10,000 apps of 5 tasks, three runs each
 *   npm run bench -- 5000 5 1          5,000 apps of 5 tasks, one run
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/haproxy/file-text.ts';
import { loadMiddle } from '../../src/daemon/load-derive.ts';
import { defaultSettings } from '../../src/options/options.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { startState } from '../../src/snapshot/state.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';
import type { App } from '../../src/model/snapshot.ts';
import { served } from '../golden/cases.ts';
import { makeBody, type Estate } from './apps.ts';
import { now } from '../../src/lib/clock.ts';

interface Whole {
  readonly seconds: number;
  readonly megabytes: number;
}

/** The command as an operator runs it, its output read by this process. */
async function runCommand(url: string): Promise<Whole> {
  const words = ['bin/marathon-lb-ts.js', '--once', '--dry', '--group', 'external', '--marathon', url, '--log-level', 'error'];
  const start = performance.now();
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0));
  }, 10);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`the command ended with ${String(code)}`);
  return { seconds: (performance.now() - start) / 1000, megabytes: peak / 1024 };
}

/** The largest memory of a process so far, in kB; 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

type Stages = Readonly<Record<'read and decode' | 'absorb' | 'derive' | 'text' | 'derive again, one task less', number>> & {
  readonly blocked: number;
};

/** The same in this process, stage by stage, in milliseconds; `blocked`: the longest that the event loop waited while it read. */
async function runStages(url: string): Promise<Stages> {
  const settings = { ...defaultSettings(), group: ['external'], marathon: [url], nbthread: 2 };
  const derive = await loadMiddle({ settings, env: {} });
  const client = makeClient({ urls: [url], auth: noAuth, now });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const {
    result: { answer: decoded },
    ms: read,
  } = await timed(() => client.readApps(decodeApp, new AbortController().signal));
  delay.disable();
  await client.close();
  const apps = decoded.flatMap((one) => ('app' in one ? [one.app] : []));
  const empty = startState({ major: 2, minor: 6 }, { certificates: served('/etc/ssl/cert.pem') });
  const { result: state, ms: absorbed } = await timed(() => absorb(empty, { kind: 'apps', at: 0, sentAt: 0, apps, problems: [] }));
  const { result: view, ms: derived } = await timed(() => derive(state));
  const { ms: text } = await timed(() => [...textOf(view?.document ?? { front: [], backends: [], maps: {} })].join('').length);
  const next = absorb(state, {
    kind: 'apps',
    at: 1,
    sentAt: 1,
    apps: apps.map((app, i) => (i === apps.length >> 1 ? withoutTask(app) : app)),
    problems: [],
  });
  const { ms: again } = await timed(() => derive(next));
  return {
    'read and decode': read,
    absorb: absorbed,
    derive: derived,
    text,
    'derive again, one task less': again,
    blocked: delay.max / 1e6,
  };
}

function withoutTask(app: App): App {
  return { ...app, tasks: app.tasks.slice(1) };
}

async function timed<Result>(work: () => Result | Promise<Result>): Promise<{ readonly result: Result; readonly ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

async function serve(body: readonly Buffer[]): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    for (const piece of body) response.write(piece);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

/** The body in pieces of about 64 kB, as it would come over a network. */
function pieces(estate: Estate): readonly Buffer[] {
  const all = Buffer.from([...makeBody(estate)].join(''));
  return Array.from({ length: Math.ceil(all.length / 65_536) }, (_, i) => all.subarray(i * 65_536, (i + 1) * 65_536));
}

async function measure(estate: Estate, runs: number): Promise<Readonly<Record<string, string>>> {
  const body = pieces(estate);
  const server = await serve(body);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const whole: Whole[] = [];
  const stages: Stages[] = [];
  for (let i = 0; i < runs; i++) {
    whole.push(await runCommand(url));
    stages.push(await runStages(url));
    await sleep(100);
  }
  server.closeAllConnections();
  server.close();
  const ms = (name: keyof Stages): string => `${median(stages.map((stage) => stage[name])).toFixed(0)} ms`;
  return {
    apps: String(estate.apps),
    JSON: `${(body.reduce((sum, piece) => sum + piece.length, 0) / 1e6).toFixed(0)} MB`,
    command: `${median(whole.map(({ seconds }) => seconds)).toFixed(2)} s`,
    memory: `${Math.max(...whole.map(({ megabytes }) => megabytes)).toFixed(0)} MB`,
    'read and decode': ms('read and decode'),
    blocked: ms('blocked'),
    absorb: ms('absorb'),
    derive: ms('derive'),
    text: ms('text'),
    'derive again': ms('derive again, one task less'),
  };
}

const [apps, tasks = 5, runs = 3] = process.argv.slice(2).map(Number);
const sizes = apps === undefined ? [1_000, 10_000] : [apps];
const rows: Readonly<Record<string, string>>[] = [];
for (const size of sizes) rows.push(await measure({ apps: size, tasks }, runs));
console.table(rows);
