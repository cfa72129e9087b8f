import { expect, test } from '@jest/globals';
import { marathonLbRoutes } from '../../src/admin/marathon-lb.ts';
import { setRunningFigures } from '../../src/admin/view-figures.ts';
import { makeDiff } from '../../src/explain/diff.ts';
import { explain } from '../../src/explain/explain.ts';
import { makeLookup } from '../../src/explain/view-lookup.ts';
import { describe as describeExplanation } from '../../src/explain/words.ts';
import { namedAsOwn } from '../../src/haproxy/spares.ts';
import type { Running } from '../../src/model/document.ts';
import type { View } from '../../src/model/view.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { decodeAll, EMPTY, makeDeriver } from '../golden/cases.ts';
import { asLoaded } from '../haproxy/make.ts';

const RELEASE = { major: 2, minor: 6 };

function app(name: string, labels: Readonly<Record<string, string>> = {}): unknown {
  const unbound = { HAPROXY_0_FRONTEND_HEAD: '', HAPROXY_0_FRONTEND_BACKEND_GLUE: '' };
  return {
    id: `/${name}`,
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `${name}.acme.org`, ...unbound, ...labels },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, servicePort: 10_000 + name.length }] },
    tasks: [{ id: `${name}.1`, state: 'TASK_RUNNING', host: '172.24.197.101', ipAddresses: [{ ipAddress: '10.0.0.9' }] }],
  };
}

/** What a load balancer runs, and what is wanted of it, while spare backends serve its new apps. */
function newApps(...apps: readonly unknown[]): { readonly running: Running; readonly view: View } {
  const derive = makeDeriver({ spareBackends: 2 });
  const viewOf = (all: readonly unknown[]): View => {
    const view = derive(absorb(EMPTY, { kind: 'apps', at: 0, sentAt: 0, ...decodeAll(all) }));
    if (view === undefined) throw new Error('no view');
    return view;
  };
  const before = asLoaded(viewOf([app('shop')]).document);
  const view = viewOf([app('shop'), ...apps]);
  const { commands, toward = view.document } = makePlan({ mapFolder: '/etc' })({
    running: before,
    wanted: view.document,
    release: RELEASE,
  });
  const answers = commands.map(() => ({ taken: true, answer: '' }));
  return { running: applyAnswers({ running: before, wanted: toward, commands, answers }), view };
}

const { running, view } = newApps(app('cart'));
const SPARE = /^marathon_lb_spare_\w+_1$/;

async function textAt(path: string, runs = running): Promise<string> {
  const parts = { running: () => runs, pids: () => Promise.resolve([]), resync: () => Promise.resolve(), reload: () => undefined };
  const route = marathonLbRoutes(parts as unknown as Parameters<typeof marathonLbRoutes>[0]).find((one) => one.path === path);
  const answer = (await route?.answer({} as never)) as { readonly text?: string; readonly pieces?: Iterable<string> };
  return answer.text ?? [...(answer.pieces ?? [])].join('');
}

test("marathon-lb's maps have the app's own name", async () => {
  expect((await textAt('/_haproxy_getvhostmap')).split('\n').sort()).toEqual(['cart.acme.org cart_10004', 'shop.acme.org shop_10004']);
  expect((await textAt('/_haproxy_getappmap')).split('\n').sort()).toEqual(['/cart cart_10004', '/shop shop_10004']);
});

test('the configuration that is shown says whom a spare backend serves', async () => {
  expect(await textAt('/_haproxy_getconfig')).toMatch(/^# Ports that spare backends serve .*\n# marathon_lb_spare_\w+_1: cart_10004$/m);
  expect(await textAt('/_haproxy_getconfig', asLoaded(view.document))).not.toContain('# marathon_lb_spare');
});

test("figures join HAProxy's name of a spare backend with the port's own", () => {
  const rows: string[] = [];
  setRunningFigures(running, (metric, value, labels = {}) => {
    if (metric.startsWith('spare')) rows.push(`${metric} ${Object.values(labels).join(' ')} ${value}`);
  });
  expect(rows.map((row) => row.replace(/marathon_lb_spare_\w+_/, 'spare_'))).toEqual([
    'spareBackends taken 1',
    'spareBackends free 1',
    'spareServes spare_1 cart_10004 1',
  ]);
});

test.each(['/cart', 'cart.acme.org'])('explain %s names the spare backend that serves it', (word) => {
  const question = word.startsWith('/') ? ({ about: 'app', app: word } as const) : ({ about: 'route', host: word, path: '/' } as const);
  const told = explain(
    makeLookup(view, () => running.document),
    question,
  );
  expect(told && describeExplanation(told)).toMatch(
    /in HAProxy it is the spare backend marathon_lb_spare_\w+_1, by rows of map files, until the next reload/,
  );
  expect(told && describeExplanation(told)).toContain('cart_10004');
});

test('what a spare backend serves is no difference', () => {
  const byPath = newApps(app('cart'), app('deep', { HAPROXY_0_VHOST: 'shop.acme.org', HAPROXY_0_PATH: '/deep' }));
  const differences = (before: Running['document'], of: View) =>
    makeDiff({ before, view: of, against: 'haproxy.cfg', plan: undefined, known: 'nowhere', haproxy: { looked: false, why: '' } }).apps;
  expect(differences(namedAsOwn(byPath.running.document), byPath.view)).toEqual([]);
  expect(differences(running.document, view)).not.toEqual([]);
  expect([...new Set(running.document.maps['app2backend.map']?.values())].filter((name) => SPARE.test(name))).toHaveLength(1);
});
