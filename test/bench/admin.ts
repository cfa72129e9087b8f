/**
 * The admin side of a large estate: how long each answer takes, and how long the event loop is held up meanwhile.
 *
 *   npm run bench:admin              10,000 apps of 5 tasks, each question 10 times
 *   npm run bench:admin -- 1000 5 3  1,000 apps of 5 tasks, each 3 times
 */
import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
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
const [port = 0] = await freePorts(1);
await server.onAddress({ address: '127.0.0.1', port }, over.signal);

/** Asks from another process, so that what the asker does holds nobody up. */
async function ask(path: string): Promise<{ readonly ms: number; readonly bytes: number; readonly heldMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const url = `http://127.0.0.1:${port}${path}`;
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-o', '/dev/null', '-w', '%{time_total} %{size_download}', url]);
  delay.disable();
  const [seconds = 0, bytes = 0] = stdout.split(' ').map(Number);
  return { ms: seconds * 1000, bytes, heldMs: delay.max / 1e6 };
}

console.log(`${apps} apps of ${tasks} tasks, each question ${times} times\n`);
console.log('| question | bytes | median | slowest | event loop held up, most |');
console.log('|---|---|---|---|---|');
const id = view.snapshot.apps[Math.floor(apps / 2)]?.id ?? '';
for (const path of ['/v1/apps', '/metrics', `/v1/apps${id}`, '/v1/routes?host=service-7.acme.org', '/v1/problems', '/v1/config']) {
  await ask(path); // the first time compiles
  const answers = [];
  for (let i = 0; i < times; i++) {
    await sleep(50);
    answers.push(await ask(path));
  }
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const held = Math.max(...answers.map(({ heldMs }) => heldMs));
  const [median = 0, slowest = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`| \`${path}\` | ${answers[0]?.bytes ?? 0} | ${median.toFixed(0)} ms | ${slowest.toFixed(0)} ms | ${held.toFixed(1)} ms |`);
}
over.abort();
