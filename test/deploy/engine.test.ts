import { afterEach, expect, jest, test } from '@jest/globals';
import { deploy, type Engine, type DeployOutcome, type DeployTask } from '../../src/deploy/engine.ts';
import { writeNote } from '../../src/deploy/lock.ts';
import type { MarathonSide } from '../../src/deploy/marathon-side.ts';
import { prepare } from '../../src/deploy/prepare.ts';
import type { DeployPlan } from '../../src/deploy/shapes.ts';
import type { Launch } from '../../src/demo/marathon.ts';
import { until } from '../e2e/until.ts';
import { openRig, SHOP, type Rig } from './rig.ts';

jest.setTimeout(60_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function launcher(bad: (appId: string) => boolean = () => false): Launch {
  let started = 0;
  return ({ appId }) => {
    const form = { host: '10.0.0.1', addresses: [`127.1.0.${++started % 250}`] };
    return Promise.resolve({ form, stop: () => Promise.resolve(), ...(bad(appId) && { healthyAfterMs: 'never' as const }) });
  };
}

const PLAN: DeployPlan = { growth: { by: 'half' }, stepMs: 60_000, onTimeout: 'wait', direction: 'forward' };

function taskOf({
  plan = {},
  instances = 4,
  newInstances = 0,
}: { plan?: Partial<DeployPlan>; instances?: number; newInstances?: number } = {}): DeployTask {
  const app = { ...SHOP, instances };
  const make: DeployTask['make'] = ({ apps }) =>
    prepare({ app, previous: apps.at(-1), initial: 1, newInstances, instancesFrom: 'running', growth: PLAN.growth, now: new Date() });
  return { plan: { ...PLAN, ...plan }, make, key: 'one', confirm: () => Promise.resolve() };
}

/** Blue serves with so many instances. */
async function withBlue(rig: Rig, instances = 4): Promise<void> {
  await expect(deploy(rig.engine(), { ...taskOf({ instances }), key: 'zero' })).resolves.toBe('first');
  await until('blue serves', async () => {
    const [blue] = (await rig.side.read('/shop')).apps;
    return blue?.deploying === false && blue.tasks.length === instances && blue.tasks.every(({ alive }) => alive);
  });
}

test.each([1, 4, 10])(
  '%i instances: green takes all from blue, never with fewer serving, and the hook is called before every kill',
  async (instances) => {
    const rig = await openRig(ends, launcher());
    await withBlue(rig, instances);
    const killed: string[] = [];
    const beforeKill: Engine['beforeKill'] = ({ app, tasks }) => {
      expect(app.id).toBe('/shop-blue');
      killed.push(...tasks);
      return Promise.resolve();
    };
    const blue = (await rig.side.read('/shop')).apps[0]?.tasks.map(({ id }) => id) ?? [];
    await expect(deploy(rig.engine({ beforeKill }), taskOf({ instances }))).resolves.toBe('complete');
    await expect(rig.apps()).resolves.toEqual({ '/shop-green': instances });
    expect(rig.fewest()).toBe(instances);
    expect([...killed].sort()).toEqual([...blue].sort());
  },
);

test('a hybrid keeps both; then the older app takes all again', async () => {
  const rig = await openRig(ends, launcher());
  await withBlue(rig);
  await expect(deploy(rig.engine(), taskOf({ newInstances: 1 }))).resolves.toBe('hybrid');
  await expect(rig.apps()).resolves.toEqual({ '/shop-blue': 3, '/shop-green': 1 });
  await expect(deploy(rig.engine(), { ...taskOf({ plan: { direction: 'back' } }), make: undefined })).resolves.toBe('restored');
  await expect(rig.apps()).resolves.toEqual({ '/shop-blue': 4 });
  expect(rig.fewest()).toBeGreaterThanOrEqual(4);
});

test('a version that never gets healthy is taken back, and nothing is left of it', async () => {
  const rig = await openRig(
    ends,
    launcher((id) => id === '/shop-green'),
  );
  await withBlue(rig);
  await expect(deploy(rig.engine(), taskOf({ plan: { stepMs: 50 } }))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("waited 0 s for Marathon's deployment of /shop-green"),
  });
  await expect(rig.apps()).resolves.toEqual({ '/shop-blue': 4 });
  expect(rig.fewest()).toBe(4);
});

test('an abort after the first kill: blue is whole again before anything of green goes', async () => {
  const rig = await openRig(ends, launcher());
  await withBlue(rig);
  let kills = 0;
  const beforeKill: Engine['beforeKill'] = async () => {
    if (++kills === 1) await writeNote(rig.side, { base: '/shop', group: '/shop', note: 'abort' });
  };
  await expect(deploy(rig.engine({ beforeKill }), taskOf())).rejects.toThrow('it was aborted');
  await expect(rig.apps()).resolves.toEqual({ '/shop-blue': 4 });
  expect(rig.fewest()).toBe(4);
});

test('what the analysis finds takes the deployment back', async () => {
  const rig = await openRig(ends, launcher());
  await withBlue(rig);
  const judge: Engine['judge'] = ({ apps }) => ((apps[1]?.instances ?? 0) > 1 ? 'errors 12%' : undefined);
  await expect(deploy(rig.engine({ judge }), taskOf())).rejects.toThrow('errors 12%');
  await expect(rig.apps()).resolves.toEqual({ '/shop-blue': 4 });
});

test('a long session: its task is never killed under --on-timeout wait, and killed after its time under kill', async () => {
  const rig = await openRig(ends, launcher(), () => 1);
  await withBlue(rig, 1);
  const over = new AbortController();
  const waiting = deploy(rig.engine({ signal: over.signal }), taskOf({ instances: 1, plan: { stepMs: 1 } }));
  await until('it waits for the session', () => rig.said.some((one) => one.includes('1 have 1 open session')));
  over.abort();
  await expect(waiting).rejects.toThrow();
  await expect(rig.apps()).resolves.toMatchObject({ '/shop-blue': 1, '/shop-green': 1 });
  await expect(deploy(rig.engine(), taskOf({ instances: 1, plan: { stepMs: 50, onTimeout: 'kill' } }))).resolves.toBe('complete');
});

test('a hook that fails: nothing is killed, and the next run goes on', async () => {
  const rig = await openRig(ends, launcher());
  await withBlue(rig);
  const beforeKill = () => Promise.reject(new Error('the hook says no'));
  await expect(deploy(rig.engine({ beforeKill }), taskOf())).rejects.toThrow('the hook says no');
  await expect(rig.apps()).resolves.toMatchObject({ '/shop-blue': 4, '/shop-green': 1 });
  await expect(deploy(rig.engine(), taskOf())).resolves.toBe('complete');
});

test('of two runs, the one that came first goes on, and the other one ends without having done anything', async () => {
  const rig = await openRig(ends, launcher(), () => 1);
  await withBlue(rig, 1);
  const over = new AbortController();
  let clock = Date.now();
  const owner = 'another-machine:1:1';
  const first = deploy(
    rig.engine({ owner, signal: over.signal, now: () => (clock += 5_000) }),
    taskOf({ instances: 1, plan: { stepMs: 1e9 } }),
  );
  await until('the first waits', () => rig.said.some((one) => one.includes('open session')));
  await expect(deploy(rig.engine(), taskOf({ instances: 1 }))).rejects.toThrow(`another run (${owner}) drives the deployment`);
  over.abort();
  await expect(first).rejects.toThrow();
});

class Killed extends Error {}

/** The same Marathon, for a run that is killed at its n-th change: before Marathon has it, or after. */
function killedAt(side: MarathonSide, n: number, when: 'before' | 'after'): MarathonSide {
  let changes = 0;
  const cut =
    <Words extends readonly unknown[]>(work: (...words: Words) => Promise<boolean>) =>
    async (...words: Words): Promise<boolean> => {
      changes++;
      if (changes > n || (changes === n && when === 'before')) throw new Killed();
      const done = await work(...words);
      if (changes === n) throw new Killed();
      return done;
    };
  return { read: side.read, create: cut(side.create), change: cut(side.change), kill: cut(side.kill), remove: cut(side.remove) };
}

const FROM = Array.from({ length: 14 }, (_, i) => i + 1);

test.each(['before', 'after'] as const)('killed %s each of its changes, the same command again comes to the same end', async (when) => {
  for (const n of FROM) {
    const own: typeof ends = [];
    const rig = await openRig(own, launcher());
    await withBlue(rig, 2);
    const done: DeployOutcome | Error = await deploy(rig.engine({ marathon: killedAt(rig.side, n, when) }), taskOf({ instances: 2 })).catch(
      (error: unknown) => error as Error,
    );
    const isReleased = (await rig.side.read('/shop')).locks.length === 0 && Object.keys(await rig.apps()).includes('/shop-green');
    if (done instanceof Error && !isReleased) await deploy(rig.engine(), taskOf({ instances: 2 }));
    await expect(rig.apps()).resolves.toEqual({ '/shop-green': 2 });
    expect(rig.fewest()).toBeGreaterThanOrEqual(2);
    for (const end of own.reverse()) await end();
    if (!(done instanceof Error)) return;
  }
  throw new Error(`a run makes more than ${FROM.length} changes`);
});

test('an abort that comes when the old app is about to be removed comes too late: the deployment is complete, and is not called taken back', async () => {
  const rig = await openRig(ends, launcher());
  await withBlue(rig, 1);
  const beforeKill = () => writeNote(rig.side, { base: '/shop', group: '/shop', note: 'abort' });
  await expect(deploy(rig.engine({ beforeKill }), taskOf({ instances: 1 }))).resolves.toBe('complete');
  await expect(rig.apps()).resolves.toEqual({ '/shop-green': 1 });
});

test('while a hook runs, the lock shows that the run lives, and what is waited for is said; a run that has lost its lock kills nothing', async () => {
  const rig = await openRig(ends, launcher());
  await withBlue(rig, 1);
  let clock = Date.now();
  const marathon: MarathonSide = { ...rig.side, read: (group) => rig.side.read(group).finally(() => (clock += 16_000)) };
  const beatOf = async () => (await rig.side.read('/shop')).locks[0]?.beat;
  const hook: Engine['beforeKill'] = async () => {
    const before = await beatOf();
    await until('the next beat', async () => (await beatOf()) !== before);
  };
  const owner = 'another-machine:1:1';
  await expect(
    deploy(rig.engine({ owner, marathon, now: () => clock, beforeKill: hook }), taskOf({ instances: 1, plan: { stepMs: 1e9 } })),
  ).resolves.toBe('complete');
  expect(rig.said.join()).toContain('waiting for the pre-kill hook');
  const taken: Engine['beforeKill'] = async () => {
    await rig.side.change('/shop-zdd', { labels: { ...LOCKED, MARATHON_LB_DEPLOYMENT_OWNER: 'yet-another:1:1' } }, true);
    await new Promise(() => undefined);
  };
  await expect(deploy(rig.engine({ beforeKill: taken }), { ...taskOf({ instances: 1 }), key: 'two' })).rejects.toThrow('has taken over');
  await expect(rig.apps()).resolves.toMatchObject({ '/shop-green': 1, '/shop-blue': 1 });
});

const LOCKED = { MARATHON_LB_DEPLOYMENT_LOCK: '/shop', MARATHON_LB_DEPLOYMENT_TURN: '1' };

test('an app that has the id of the lock and is none: the run ends with a sentence', async () => {
  const rig = await openRig(ends, launcher());
  await rig.side.create({ id: '/shop-zdd', cmd: 'true', instances: 0 });
  await expect(deploy(rig.engine(), taskOf())).rejects.toMatchObject({
    exitCode: 7,
    message: expect.stringContaining('does not make the app /shop-zdd'),
  });
});
