/**
 * From the start of the daemon to the first request that is answered: of a daemon that has no file yet, and of one that finds the file that HAProxy
 * served last; stage by stage.
 *
 *   npm run bench:start                10,000 apps of 5 tasks, three runs
 *   npm run bench:start -- 1000 5 1    1,000 apps of 5 tasks, one run
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../e2e/ports.ts';
import { makeBody, type Estate } from './apps.ts';

/** Milliseconds since the start of the daemon. */
type Stages = Readonly<Record<string, number>>;

/** A `haproxy` that notes in a file when it checks and when it begins to load. Its environment is empty, so the name of the file is in the text. */
const noting = (notes: string): string => `#!/bin/sh
case " $* " in
  *" -c "*) echo "$(date +%s%3N) check" >> ${notes}; haproxy "$@"; code=$?; echo "$(date +%s%3N) checked" >> ${notes}; exit $code;;
  *" -W "*) echo "$(date +%s%3N) load" >> ${notes};;
esac
exec haproxy "$@"
`;

/** A Marathon whose apps never change and have no health checks. */
async function startMarathon(estate: Estate, port: number) {
  const text = [...makeBody(estate)].join('').replaceAll(/"(?:192\.168|10\.\d+)(\.\d+\.\d+)"/g, '"127.84$1"');
  const body = Buffer.from(text.replaceAll(/"healthChecks":\[\{[^\]]*\],/g, '')); // 50,000 checks would need as many file descriptors
  const seen: { read?: number } = {};
  const marathon = createServer((request, response) => {
    if (request.url?.startsWith('/v2/events') !== true) {
      response.setHeader('Content-Type', 'application/json').end(body, () => (seen.read ??= Date.now()));
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n');
  });
  const tasks = createServer((_, response) => void response.end('ok\n'));
  await Promise.all([once(marathon.listen(port, '127.0.0.1'), 'listening'), once(tasks.listen(8080, '0.0.0.0', 4096), 'listening')]);
  const close = (): void => {
    for (const server of [marathon, tasks]) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { seen, close };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, agent: false, headers: { host: 'service-7.acme.org' }, timeout: 2_000 }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode === 200);
      });
    })
      .on('timeout', () => {
        resolve(false);
      })
      .on('error', () => {
        resolve(false);
      });
  });
}

interface Run {
  readonly folder: string;
  readonly words: readonly string[];
  readonly http: number;
  readonly seen: { read?: number };
}

/** Starts the daemon, waits for the first answer and until all is as wanted, and ends it with its HAProxy. */
async function runOnce({ folder, words, http, seen }: Run): Promise<Stages> {
  const notes = path.join(folder, 'notes');
  await writeFile(notes, '');
  delete seen.read;
  const start = Date.now();
  const child = spawn(process.execPath, ['bin/marathon-lb-ts.js', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  while (!(await answers(http))) await sleep(20);
  const serves = Date.now();
  while (!('read' in seen)) await sleep(20);
  await inSync(folder);
  const wanted = Date.now();
  child.kill('SIGTERM');
  await once(child, 'exit');
  const noted = (await readFile(notes, 'utf8')).split('\n').map((line) => line.split(' '));
  const at = (what: string): number => Number(noted.find(([, word]) => word === what)?.[0] ?? NaN) - start;
  return {
    'Marathon sent its answer': seen.read - start,
    'haproxy -c begins': at('check'),
    'haproxy -c ends': at('checked'),
    'HAProxy begins to load': at('load'),
    'first answer': serves - start,
    'as Marathon says': wanted - start,
  };
}

/** Waits until the daemon says that HAProxy has what Marathon says. */
async function inSync(folder: string): Promise<void> {
  for (;;) {
    const status = spawn(process.execPath, ['bin/marathon-lb-ts.js', 'status', '--run-dir', `${folder}/run`], { stdio: 'ignore' });
    const [code] = (await once(status, 'exit')) as [number];
    if (code === 0) return;
    await sleep(50);
  }
}

async function measure(estate: Estate, runs: number): Promise<void> {
  const [marathon = 0, http = 0, https = 0, stats = 0, ids = 0] = await freePorts(5);
  const { seen, close } = await startMarathon(estate, marathon);
  const rows: Record<string, Stages[]> = { 'first start': [], 'with the last file': [] };
  for (let i = 0; i < runs; i++) {
    const folder = await mkdtemp(path.join(tmpdir(), 'start-'));
    const bin = path.join(folder, 'haproxy');
    await writeFile(bin, noting(path.join(folder, 'notes')), { mode: 0o755 });
    const words = `--marathon http://127.0.0.1:${marathon} --group external --haproxy-config ${folder}/haproxy.cfg --run-dir ${folder}/run
      --state-dir ${folder}/state --ssl-certs ${folder}/none.pem --bind-address 127.0.0.1 --http-port ${http} --https-port ${https}
      --stats-port ${stats} --app-id-port ${ids} --admin-address off --haproxy-bin ${bin} --stop-haproxy --shutdown-delay 0 --log-format json`;
    for (const of of Object.values(rows)) of.push(await runOnce({ folder, words: words.trim().split(/\s+/), http, seen }));
    await rm(folder, { recursive: true, force: true });
  }
  close();
  const names = Object.keys(rows['first start']?.[0] ?? {});
  const table = Object.entries(rows).map(([start, all]) => ({
    start,
    ...Object.fromEntries(names.map((name) => [name, inWords(median(all.map((stages) => stages[name] ?? NaN)))])),
  }));
  console.table(table);
}

/** A stage that was not gone through has no time. */
function inWords(ms: number): string {
  return Number.isNaN(ms) ? 'none' : `${ms} ms`;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

const [apps = 10_000, tasks = 5, runs = 3] = process.argv.slice(2).map(Number);
await measure({ apps, tasks }, runs);
