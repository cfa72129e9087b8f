/**
 * The admin side of a large estate: how long each answer takes, and how long the event loop is held up meanwhile.
 *
 *   npm run bench:admin              10,000 apps of 5 tasks, each question 10 times
 *   npm run bench:admin -- 1000 5 3  1,000 apps of 5 tasks, each 3 times
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { apiRoutes } from '../../src/admin/api.ts';
import { makeHistory } from '../../src/admin/history.ts';
import { makeHub } from '../../src/admin/hub.ts';
import { makeMetrics, metricsRoute } from '../../src/admin/metrics.ts';
import { makeProcessFigures } from '../../src/admin/process-figures.ts';
import { makeAdminServer } from '../../src/admin/server.ts';
import { makeViewFigures } from '../../src/admin/view-figures.ts';
import { makeMiddle } from '../../src/daemon/load-derive.ts';
import { loadTemplates } from '../../src/daemon/load-templates.ts';
import type { View } from '../../src/model/view.ts';
import { defaultSettings } from '../../src/options/options.ts';
import { openDnsHttp } from '../../src/daemon/open-dns-http.ts';
import { makeZones } from '../../src/dns/zones/zone.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { startState } from '../../src/snapshot/state.ts';
import { freePorts } from '../e2e/ports.ts';
import { makeBody, type Estate } from './apps.ts';

const [apps = 10_000, tasks = 5, times = 10] = process.argv.slice(2).map(Number);

async function viewOf(estate: Estate): Promise<View> {
  const settings = { ...defaultSettings(), group: ['external'], nbthread: 2 };
  const derive = makeMiddle({ settings, env: {} }, await loadTemplates(settings.templatesDir, {}));
  const { apps: all } = JSON.parse([...makeBody(estate)].join('')) as { apps: readonly unknown[] };
  const decoded = all.flatMap((app) => {
    const one = decodeApp(JSON.stringify(app));
    return 'app' in one ? [one.app] : [];
  });
  const certificates = { files: ['/etc/ssl/cert.pem'], problems: [], contents: [], named: [] };
  const start = startState({ major: 2, minor: 6 }, { certificates });
  const view = derive(absorb(start, { kind: 'apps', at: 0, sentAt: 0, apps: decoded, problems: [] }));
  if (view === undefined) throw new Error('no view');
  return view;
}

const view = await viewOf({ apps, tasks });
// A View that is new to each question, as while apps change: nothing of an earlier answer helps.
const fresh = (): View => ({ ...view });
const metrics = makeMetrics();
const [setViewFigures, setProcessFigures] = [makeViewFigures(), makeProcessFigures(metrics)];
const routes = [
  ...apiRoutes({
    view: fresh,
    running: () => ({ document: view.document, exceptions: new Map(), lost: new Map() }),
    lack: () => undefined,
    memory: () => ({ holders: view.holders, refused: [], taken: [] }),
    history: makeHistory([]),
    hub: makeHub(),
    resync: () => Promise.resolve({ ok: true, text: '' }),
    reload: () => undefined,
  }),
  metricsRoute(metrics, async (set) => {
    await setViewFigures(fresh(), set);
    await setProcessFigures(set);
  }),
];
const over = new AbortController();
const log = { debug: () => undefined, warn: console.warn };
const server = makeAdminServer({ routes, names: [], token: () => Promise.resolve(undefined), log });
const [port = 0, dnsPort = 0] = await freePorts(2);
await server.onAddress({ address: '127.0.0.1', port }, over.signal);
const zones = makeZones({
  domain: 'mesos',
  framework: 'marathon',
  ttl: 60,
  ipSources: ['netinfo', 'host'],
  healthyOnly: false,
  nameServers: ['127.0.0.1'],
})(view.snapshot);
await openDnsHttp({
  settings: { ...defaultSettings(), dnsHttpListen: { address: '127.0.0.1', port: dnsPort } },
  log: { ...log, info: () => undefined, error: () => undefined },
  signal: over.signal,
  zones: () => zones,
  forwardMs: 2_000,
});

/** What answering a question cost. */
interface Cost {
  readonly ms: number;
  readonly bytes: number;
  /** CPU time of this process, all of its threads. */
  readonly cpuMs: number;
  /** The longest time for which the event loop took no turn, and the CPU time that passed in such a time: the latter does not grow on a busy machine. */
  readonly heldMs: number;
  readonly heldCpuMs: number;
}

/** Looks every millisecond how late it is, and how much CPU time has passed, until the returned function is called. */
function watchLoop(): () => Pick<Cost, 'cpuMs' | 'heldMs' | 'heldCpuMs'> {
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const [began, last] = [cpu(), { at: performance.now(), cpu: cpu() }];
  let [heldMs, heldCpuMs] = [0, 0];
  const look = (): void => {
    const [at, used] = [performance.now(), cpu()];
    [heldMs, heldCpuMs] = [Math.max(heldMs, at - last.at), Math.max(heldCpuMs, used - last.cpu)];
    [last.at, last.cpu] = [at, used];
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return { cpuMs: cpu() - began, heldMs, heldCpuMs };
  };
}

/** Asks from another process, so that what the asker does holds nobody up. */
async function ask(url: string): Promise<Cost> {
  const end = watchLoop();
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-o', '/dev/null', '-w', '%{time_total} %{size_download}', url]);
  const [seconds = 0, bytes = 0] = stdout.split(' ').map(Number);
  return { ms: seconds * 1000, bytes, ...end() };
}

function medianOf(costs: readonly Cost[], figure: keyof Cost): string {
  const sorted = costs.map((cost) => cost[figure]).sort((a, b) => a - b);
  return (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1);
}

console.log(`${apps} apps of ${tasks} tasks, each question ${times} times; medians and, of the hold in CPU time, the most; in ms\n`);
console.log('| question | bytes | time | CPU time | loop held | CPU time of the hold | most |');
console.log('|---|---|---|---|---|---|---|');
const id = view.snapshot.apps[Math.floor(apps / 2)]?.id ?? '';
const questions = ['/v1/apps', '/metrics', `/v1/apps${id}`, '/v1/routes?host=service-7.acme.org', '/v1/routes?host=nobody.acme.org'];
const [admin, dns] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${dnsPort}`];
const urls = [...questions, '/v1/problems', '/v1/config'].map((path) => admin + path);
for (const url of [...urls, `${dns}/v1/enumerate`, `${dns}/v1/axfr`]) {
  await ask(url); // the first time compiles
  const costs: Cost[] = [];
  for (let i = 0; i < times; i++) {
    await sleep(50);
    costs.push(await ask(url));
  }
  const most = Math.max(...costs.map(({ heldCpuMs }) => heldCpuMs)).toFixed(1);
  const figures = (['ms', 'cpuMs', 'heldMs', 'heldCpuMs'] as const).map((figure) => medianOf(costs, figure));
  console.log(`| \`${url.replace(/^http:\/\/[^/]+/, '')}\` | ${costs[0]?.bytes ?? 0} | ${figures.join(' | ')} | ${most} |`);
}
over.abort();
