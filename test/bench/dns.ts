/**
 * Queries a second that the name server answers, on one core, and how soon it answers otherwise after an event. dnsperf asks, so there are three
 * at work: Marathon, the name server, dnsperf.
 *
 *   npm run bench:dns                     1,000 and 10,000 apps of 5 tasks
 *   npm run bench:dns -- 10000 5 20       10,000 apps of 5 tasks, 20 s of queries of each kind
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decode, encode } from 'dns-packet';
import { startMarathon, type Marathon } from '../../src/demo/marathon.ts';
import { makeResponder } from '../../src/dns/answers/respond.ts';
import { makeZones } from '../../src/dns/zones/zone.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { freePorts } from '../e2e/ports.ts';
import { decodeAll } from '../golden/cases.ts';
import { makeBody } from './apps.ts';

interface Size {
  readonly apps: number;
  readonly tasks: number;
  readonly seconds: number;
}

const idOf = (app: number): string => `/team-${app % 97}/service-${app}`;
const nameOf = (app: number): string => `service-${app}.team-${app % 97}.marathon.mesos`;
const addressOf = (n: number): string => `10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;

function fill(marathon: Marathon, { apps, tasks }: Size): void {
  for (let app = 0; app < apps; app++) {
    marathon.deploy({ id: idOf(app), network: 'container', instances: tasks, ports: [{ containerPort: 8080, servicePort: 10_000 + app }] });
    for (let task = 0; task < tasks; task++) {
      const n = app * tasks + task;
      marathon.addTask(idOf(app), { host: `172.16.0.${1 + (n % 200)}`, addresses: [addressOf(n)] });
    }
  }
}

/** What is sentAt, in dnsperf's form: a name and a type a line, in an order without order. */
function makeQuestions(apps: number): Readonly<Record<string, readonly string[]>> {
  const order = Array.from({ length: Math.min(apps, 50_000) }, (_, i) => (i * 7_919) % apps);
  return {
    'A, ten names': order.slice(0, 10).map((app) => `${nameOf(app)} A`),
    'A, all names': order.map((app) => `${nameOf(app)} A`),
    'SRV, all names': order.map((app) => `_service-${app}.team-${app % 97}._tcp.marathon.mesos SRV`),
    'A, AAAA, SRV and names that are not there': order.flatMap((app) => [
      ...[`${nameOf(app)} A`, `${nameOf(app)} AAAA`, `_service-${app}.team-${app % 97}._tcp.marathon.mesos SRV`],
      ...[`service-${app}-team-${app % 97}.marathon.containerip.dcos.thisdcos.directory A`, `none-${app}.marathon.mesos A`],
    ]),
  };
}

/** CPU in ms so far, and memory in MB, of a process. */
function costOf(pid: number): { readonly cpu: number; readonly rss: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { cpu: (Number(fields[11]) + Number(fields[12])) * 10, rss: (Number(fields[21]) * 4096) / 1e6 };
}

const PINS = spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0;

/** On one core, where that can be had. */
function pinned(core: number, words: readonly string[]): readonly string[] {
  return PINS ? ['taskset', '-c', String(core), ...words] : words;
}

interface Server {
  readonly pid: number;
  readonly end: () => Promise<void>;
}

function startServer(marathon: string, port: number): Server {
  const own = [
    'bin/marathon-lb-ts.js',
    'dns',
    '-m',
    marathon,
    '--dns-listen',
    `127.0.0.1:${port}`,
    '--dns-rate',
    '0',
    '--log-format',
    'json',
  ];
  const [program = '', ...words] = pinned(0, [process.execPath, ...own]);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    pid: child.pid ?? 0,
    end: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The addresses of a name; none as long as nobody answers. */
async function ask(port: number, name: string): Promise<readonly string[]> {
  const socket = createSocket('udp4');
  try {
    socket.send(encode({ type: 'query', id: 1, flags: 0, questions: [{ type: 'A', name }] }), port, '127.0.0.1');
    const [packet] = (await once(socket, 'message', { signal: AbortSignal.timeout(1_000) })) as [Buffer];
    return (decode(packet).answers ?? []).flatMap((record) => (record.type === 'A' ? [record.data] : []));
  } catch {
    return [];
  } finally {
    socket.close();
  }
}

/** From a new task to the first answer that has its address, in ms. */
async function changeMs(marathon: Marathon, port: number, app: number): Promise<number> {
  const address = `10.200.${app & 255}.1`;
  await ask(port, nameOf(app));
  const start = performance.now();
  marathon.addTask(idOf(app), { host: '172.16.0.1', addresses: [address] });
  while (!(await ask(port, nameOf(app))).includes(address)) await sleep(1);
  return performance.now() - start;
}

type Row = Readonly<Record<string, string>>;

async function perform(port: number, pid: number, size: Size): Promise<readonly Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dns-'));
  const rows: Row[] = [];
  for (const [names, lines] of Object.entries(makeQuestions(size.apps))) {
    const file = path.join(folder, 'questions');
    await writeFile(file, `${lines.join('\n')}\n`);
    const flags = ['-s', '127.0.0.1', '-p', String(port), '-d', file, '-l', String(size.seconds), '-q', '100', '-c', '4', '-e'];
    const [program = '', ...words] = pinned(1, ['dnsperf', ...flags]);
    const first = costOf(pid);
    await promisify(execFile)('dnsperf', [...flags.slice(0, 6), '-n', '1', '-q', '20', '-e']);
    const before = costOf(pid);
    const start = performance.now();
    const { stdout } = await promisify(execFile)(program, words);
    const after = costOf(pid);
    const found = (words: RegExp): string => words.exec(stdout)?.[1] ?? '?';
    rows.push({
      'apps x tasks': `${size.apps} x ${size.tasks}`,
      names,
      'queries/s': Number(found(/Queries per second:\s+([\d.]+)/)).toFixed(0),
      'CPU of the first time': `${(((before.cpu - first.cpu) * 1000) / lines.length).toFixed(0)} µs`,
      latency: `${(Number(found(/Average Latency \(s\):\s+([\d.]+)/)) * 1000).toFixed(1)} ms`,
      lost: found(/Queries lost:\s+\d+ \(([\d.]+%)\)/),
      codes: found(/Response codes:\s+(.+)/),
      'CPU a query': `${(((after.cpu - before.cpu) * 1000) / Number(found(/Queries completed:\s+(\d+)/))).toFixed(0)} µs`,
      CPU: `${(((after.cpu - before.cpu) / (performance.now() - start)) * 100).toFixed(0)} %`,
      RSS: `${after.rss.toFixed(0)} MB`,
    });
  }
  await rm(folder, { recursive: true, force: true });
  return rows;
}

/** A function of its own, so that what was decoded is garbage behind it. */
function makeSnapshot(size: Size): Snapshot {
  const { apps } = JSON.parse([...makeBody(size)].join('')) as { readonly apps: readonly unknown[] };
  return decodeAll(apps);
}

/** What names take beside the snapshot when every name of the questions was asked for, in MB. */
function namesMb(size: Size): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 1e6;
  };
  const snapshot = makeSnapshot(size);
  const questions = Object.values(makeQuestions(size.apps)).flat();
  const before = used();
  const zones = makeZones({
    ...{ domain: 'mesos', framework: 'marathon', ttl: 60, ipSources: ['netinfo', 'host'], healthyOnly: false, nameServers: ['127.0.0.1'] },
  })(snapshot);
  const respond = makeResponder({
    zones: () => zones,
    forward: undefined,
    mayKnow: () => false,
    random: Math.random,
    keptBytes: 48 * 2 ** 20,
  });
  for (const question of questions) {
    const [name = '', type = 'A'] = question.split(' ');
    void respond(encode({ type: 'query', id: 1, questions: [{ name, type: type as 'A' }] }), 'udp');
  }
  const after = used();
  return respond(Buffer.alloc(0), 'udp') === undefined && snapshot.apps.length > 0 ? after - before : NaN; // both are held until here
}

async function measure(size: Size): Promise<void> {
  const [port = 0] = await freePorts(1);
  const marathon = await startMarathon();
  fill(marathon, size);
  const server = startServer(marathon.url, port);
  while ((await ask(port, nameOf(size.apps - 1))).length === 0) await sleep(50);
  await sleep(2_000);
  const start = costOf(server.pid);
  const rows = await perform(port, server.pid, size);
  const waits: number[] = [];
  for (let i = 0; i < 50; i++) waits.push(await changeMs(marathon, port, (i * 131) % size.apps));
  waits.sort((a, b) => a - b);
  await server.end();
  await marathon.close();
  console.table(rows);
  console.log(
    `${size.apps * size.tasks} tasks: ${start.rss.toFixed(0)} MB before the first query, names and kept answers are ${namesMb(size).toFixed(0)} MB of memory when all were asked for; ` +
      `a new task is answered after ${waits[25]?.toFixed(0) ?? '?'} ms (median), ${waits[47]?.toFixed(0) ?? '?'} ms (p95), ${waits.at(-1)?.toFixed(0) ?? '?'} ms (longest of ${waits.length})`,
  );
}

if (spawnSync('dnsperf', ['-h'], { stdio: 'ignore' }).error !== undefined) {
  process.stderr.write('there is no dnsperf on this machine: install it (on Debian and Ubuntu: apt-get install dnsperf)\n');
  process.exitCode = 1;
} else {
  const [apps, tasks = 5, seconds = 10] = process.argv.slice(2).map(Number);
  for (const each of apps === undefined ? [1_000, 10_000] : [apps]) await measure({ apps: each, tasks, seconds });
}
