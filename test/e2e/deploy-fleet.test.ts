import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { writeNote } from '../../src/deploy/lock.ts';
import type { OnTimeout } from '../../src/deploy/shapes.ts';
import { ask } from './ask.ts';
import { needBuild, reloadsIn, type Running } from './command.ts';
import { makeDeploying, makeShop, type Deploying, type Shop } from './deploying.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { openFleet, type Fleet } from './two-balancers.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const ends: Ends = [];
/** What all tests share; set before the first. */
const stage = {} as { fleet: Fleet; it: Deploying; daemons: Running[] };
const shops = new Map<string, Shop>();

beforeAll(needHaproxy);
beforeAll(needBuild);
beforeAll(async () => {
  stage.fleet = await openFleet(ends);
  stage.it = makeDeploying(stage.fleet);
  const small = { instances: 2 };
  const wishes = [
    { name: 'one', instances: 1 },
    { name: 'four', instances: 4, ports: 2 },
    { name: 'ten', instances: 10, isHostMode: true },
    ...['promoted', 'demoted', 'at-create', 'at-kill', 'at-scale', 'at-remove', 'away'].map((name) => ({ name, ...small })),
    ...['kill', 'wait', 'abort'].map((name) => ({ name, instances: 1 })),
  ];
  for (const one of wishes) shops.set(one.name, await makeShop(one));
  stage.daemons = stage.fleet.balancers.map(({ daemon }) => daemon());
  for (const { logged } of stage.daemons) await logged(/has loaded the configuration/);
  await stage.it.first([...shops.values()]);
}, 90_000);
afterAll(() => endAll(ends));

const shop = (name: string): Shop => shops.get(name) as Shop;

/** Has deployments done while requests go on. None of these may fail, no task may die that gets requests, and so many serve as before. */
async function underTraffic(names: readonly string[], work: (all: readonly Shop[]) => Promise<void>): Promise<void> {
  const all = names.map(shop);
  const flows = all.map((one) => stage.it.traffic(one));
  await Promise.all(flows.map(({ more }) => more(4)));
  await work(all);
  await Promise.all(flows.map(({ more }) => more(20)));
  for (const flow of flows) expect((await flow.stop()).failures).toEqual({});
  for (const one of all) expect([one.name, stage.it.fewest(one)]).toEqual([one.name, one.instances]);
  expect(stage.it.wrong).toEqual([]);
}

test('1, 4 and 10 instances, one and two ports, Calico and host mode: green takes all, never with fewer in rotation', () =>
  underTraffic(['one', 'four', 'ten'], async (all) => {
    await expect(Promise.all(all.map((one) => stage.it.run(one)))).resolves.toEqual(all.map(() => 'complete'));
    for (const one of all) await expect(stage.it.apps(one)).resolves.toEqual({ [`/${one.name}-green`]: one.instances });
  }));

test('a hybrid: both colours stay, until the newer or the older one takes all', () =>
  underTraffic(['promoted', 'demoted'], async (all) => {
    await expect(Promise.all(all.map((one) => stage.it.run(one, { newInstances: 1 })))).resolves.toEqual(['hybrid', 'hybrid']);
    for (const one of all) await expect(stage.it.apps(one)).resolves.toEqual({ [`/${one.name}-blue`]: 1, [`/${one.name}-green`]: 1 });
    const directions = ['whole', 'back'] as const;
    const ended = all.map((one, i) => stage.it.run(one, { isHybrid: true, plan: { direction: directions[i] ?? 'whole' } }));
    await expect(Promise.all(ended)).resolves.toEqual(['complete', 'restored']);
    await expect(stage.it.apps(shop('promoted'))).resolves.toEqual({ '/promoted-green': 2 });
    await expect(stage.it.apps(shop('demoted'))).resolves.toEqual({ '/demoted-blue': 2 });
  }));

test('an abort at each step: blue has everything again, unless it was being removed already', () =>
  underTraffic(['at-create', 'at-kill', 'at-scale', 'at-remove'], async (all) => {
    const ended = all.map(({ name }, i) => {
      let isNoted = false;
      const before = async (change: string): Promise<void> => {
        if (`at-${change}` !== name || isNoted) return;
        isNoted = true;
        await writeNote(stage.it.side, { base: `/${name}`, group: name, note: 'abort' });
      };
      const newInstances = name === 'at-kill' ? 1 : 0; // a whole deployment may grow before a task is seen drained, and then remove blue without a kill
      return stage.it.run(all[i] as Shop, { before, newInstances }).catch((error: unknown) => String(error));
    });
    const aborted = expect.stringContaining('it was aborted');
    await expect(Promise.all(ended)).resolves.toEqual([aborted, aborted, aborted, 'complete']);
    for (const one of all.slice(0, 3)) await expect(stage.it.apps(one)).resolves.toEqual({ [`/${one.name}-blue`]: 2 });
    await expect(stage.it.apps(shop('at-remove'))).resolves.toEqual({ '/at-remove-green': 2 });
  }));

interface Tasks {
  readonly tasks: readonly { readonly sessions: number }[];
}

const isWaiting = (one: Shop): boolean => stage.it.said(one).some((sentence) => sentence.includes('1 open session'));

/** A request that is answered after a while, and whether it is still open; `answer` is its status or the code of an error. */
function openSession(host: string, ms: number): { readonly isOpen: () => boolean; readonly answer: Promise<string> } {
  let isOpen = true;
  const answer = ask({ port: stage.fleet.cluster.ports.http, host, path: `/slow?ms=${ms}`, deadlineMs: 60_000 }).then(({ status }) => {
    isOpen = false;
    return status;
  });
  return { isOpen: () => isOpen, answer };
}

test('a long session on an old worker of HAProxy: waited for, killed after its time, or the deployment is taken back', () =>
  underTraffic(['kill', 'wait', 'abort'], async (all) => {
    const sessions = all.map(({ name, host }) => openSession(host, name === 'wait' ? 8_000 : 30_000));
    await until('the sessions', async () => {
      const { tasks } = (await (await fetch(`${stage.fleet.balancers[0].url.href}_mlb/v1/deployments/abort`)).json()) as Tasks;
      return tasks.some((one) => one.sessions > 0);
    });
    const [{ signal, log }] = stage.daemons as [Running];
    const before = reloadsIn(log());
    signal('SIGUSR1');
    await until('the reload', () => reloadsIn(log()) > before);
    const ended = all.map((one) => {
      const now = (): number => Date.now() + (isWaiting(one) ? 120_000 : 0); // the time for a step is over as soon as the session is waited for
      return stage.it.run(one, { plan: { onTimeout: one.name as OnTimeout }, engine: { now } }).catch((error: unknown) => String(error));
    });
    await expect(Promise.all([ended[0], ended[2]])).resolves.toEqual(['complete', expect.stringContaining('1 have 1 open session')]);
    await until('the end of the session whose task was killed', () => sessions[0]?.isOpen() === false);
    expect(sessions[2]?.isOpen()).toBe(true);
    await expect(ended[1]).resolves.toBe('complete');
    await expect(sessions[1]?.answer).resolves.toBe('200'); // its task was not killed before
    await expect(stage.it.apps(shop('abort'))).resolves.toEqual({ '/abort-blue': 1 });
  }));

test('a load balancer that goes away, without its HAProxy and with it: nothing is killed before it is back', async () => {
  const away = shop('away');
  const [first, second] = stage.fleet.balancers;
  const said = (words: string, from = 0): Promise<unknown> =>
    until(words, () =>
      stage.it
        .said(away)
        .slice(from)
        .some((one) => one.includes(words)),
    );
  const blue = { '/away-blue': 2, '/away-green': 1 };
  const flow = stage.it.traffic(away, [first]);
  await underTraffic(['away'], async () => {
    stage.daemons[1]?.signal('SIGKILL');
    await stage.daemons[1]?.ended;
    const run = stage.it.run(away);
    await said('to serve on every load balancer: 0 of 1 do');
    await expect(stage.it.apps(away)).resolves.toEqual(blue);
    stage.daemons[1] = second.daemon();
    await expect(run).resolves.toBe('complete');
  });
  stage.daemons[1]?.signal('SIGTERM');
  await stage.daemons[1]?.ended;
  await second.endHaproxy();
  const from = stage.it.said(away).length;
  const run = stage.it.run(away, { version: '3' });
  await said('an answer of 127.0.0.2', from);
  await expect(stage.it.apps(away)).resolves.toEqual({ '/away-green': 2, '/away-blue': 1 });
  second.daemon();
  await expect(run).resolves.toBe('complete');
  expect((await flow.stop()).failures).toEqual({});
  expect(stage.it.wrong).toEqual([]);
});
