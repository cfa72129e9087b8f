import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMarathon } from '../../src/demo/marathon.ts';
import { now } from '../../src/lib/clock.ts';
import { makeProcess } from '../../src/process/process.ts';
import { freePorts } from '../e2e/ports.ts';
import { startTasks } from './all-tasks.ts';
import { startTraffic, type Traffic } from './answers.ts';
import { Estate, type EstateSize } from './estate.ts';
import { openTrace, type Trace } from './trace.ts';

/** What the daemon has used, and done, so far. */
export interface Cost {
  /** Processor time, in ms. */
  readonly cpu: number;
  /** Memory, in MB. */
  readonly rss: number;
  /** Processor time of HAProxy's master and of all its workers, those that have ended included, in ms. */
  readonly haproxyCpu: number;
  /** Memory of HAProxy's master and of all its workers, old ones included, in MB. */
  readonly haproxyRss: number;
  readonly reloads: number;
  /** Bytes that it read from Marathon. */
  readonly bytes: number;
}

/** A daemon of its own with its HAProxy, a Marathon, the tasks of an estate, and clients. */
export interface Cluster {
  readonly estate: Estate;
  /** HAProxy's port for http. */
  readonly http: number;
  readonly traffic: Traffic;
  /** What was waited for, where TRACE=1 asks for it; read it before `close`. */
  readonly trace: Trace | undefined;
  /** HAProxy's reloads so far, its start included. */
  readonly reloads: () => number;
  readonly cost: () => Cost;
  /** Has the daemon reload HAProxy. Returns at once. */
  readonly askReload: () => void;
  /** Ends all of it. */
  readonly close: () => Promise<void>;
}

interface Daemon {
  readonly child: ChildProcess;
  readonly reloads: () => number;
  readonly ready: Promise<void>;
}

/** How long the daemon is left alone after HAProxy serves, in milliseconds: files are written, and memory is tidied up. */
const REST_MS = { small: 3_000, large: 8_000 };

/** Starts everything. Resolves when HAProxy serves and the daemon has come to rest. */
export async function openCluster(size: EstateSize): Promise<Cluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const [http = 0, https = 0, appId = 0, stats = 0, container = 0] = await freePorts(5);
  const marathon = await startMarathon();
  const estate = new Estate(marathon, size, { container, service: 20_000 });
  const tasks = await startTasks(container, estate.ended);
  const config = path.join(folder, 'haproxy.cfg');
  const runDir = path.join(folder, 'run');
  const words = `--marathon ${marathon.url} --group external --haproxy-config ${config} --run-dir ${runDir} --state-dir ${folder}/state
    --ssl-certs ${folder}/none.pem --bind-address 127.0.0.1 --http-port ${http} --https-port ${https} --app-id-port ${appId}
    --stats-port ${stats} --nbthread 2 --log-format json ${process.env['FLAGS'] ?? ''}`;
  const trace = await openTrace(folder);
  const daemon = startDaemon(words.trim().split(/\s+/), trace);
  const pid = daemon.child.pid ?? 0;
  await daemon.ready;
  await sleep(size.apps > 2000 ? REST_MS.large : REST_MS.small);
  const over = new AbortController();
  return {
    estate,
    http,
    traffic: startTraffic(http, estate, over.signal),
    trace,
    reloads: daemon.reloads,
    cost: () => ({ ...usedBy(pid), ...usedByHaproxy(runDir), reloads: daemon.reloads(), bytes: marathon.sent() }),
    askReload: () => void daemon.child.kill('SIGUSR1'),
    close: async () => {
      over.abort();
      await sleep(200);
      daemon.child.kill('SIGTERM');
      await once(daemon.child, 'exit');
      await makeProcess({ bin: 'haproxy', runDir, config, fingerprint: () => '', now, log: { debug: () => undefined } as never }).stop();
      tasks.closeAllConnections();
      tasks.close();
      await marathon.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startDaemon(words: readonly string[], trace: Trace | undefined): Daemon {
  const node = (process.env['NODE_FLAGS'] ?? '').split(' ').filter(Boolean);
  const env = { ...process.env, ...trace?.env };
  const child = spawn(process.execPath, [...node, 'bin/marathon-lb-ts.js', ...words], { stdio: ['ignore', 'pipe', 'inherit'], env });
  let reloads = 0;
  let tell = (): void => undefined;
  const ready = new Promise<void>((resolve) => (tell = resolve));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    reloads += text.split('has loaded the configuration').length - 1;
    if (reloads > 0) tell();
    for (const line of text.split('\n')) {
      trace?.logged(line);
      if (/"level":"(warn|error)"/.test(line) && !line.includes('"certificate"')) process.stderr.write(`${line}\n`);
    }
  });
  return { child, reloads: () => reloads, ready };
}

/** CPU in ms so far, and memory in MB, of a process. */
function usedBy(pid: number | string): { readonly cpu: number; readonly endedCpu: number; readonly rss: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ms = (at: number): number => (Number(fields[at]) + Number(fields[at + 1])) * 10;
  return { cpu: ms(11), endedCpu: ms(13), rss: (Number(fields[21]) * 4096) / 1e6 };
}

/** The same of HAProxy's master, which counts its workers that have ended, and of its workers. */
function usedByHaproxy(runDir: string): Pick<Cost, 'haproxyCpu' | 'haproxyRss'> {
  const used = processesOf(runDir).map(usedBy);
  return {
    haproxyCpu: used.reduce((sum, { cpu, endedCpu }) => sum + cpu + endedCpu, 0),
    haproxyRss: used.reduce((sum, { rss }) => sum + rss, 0),
  };
}

/** The processes of HAProxy whose command line names the run folder. */
function processesOf(runDir: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0]?.endsWith('haproxy') === true && words.some((word) => word.includes(runDir));
    } catch {
      return false; // ended meanwhile
    }
  });
}
