import { expect, jest, test } from '@jest/globals';
import { writeNote } from '../../src/deploy/lock.ts';
import { playOnce, playWithCuts } from './cuts.ts';
import { definition, OLD, opener, OURS, PLAN, taskOf } from './shop.ts';
import { BEGIN, World } from './world.ts';

jest.setTimeout(60_000);

const TO_GREEN = { ends: 'complete', apps: { '/shop-green': 4 }, fewest: 4 } as const;

test('zdd: four instances, as it should be', async () => {
  const wanted = {};
  const changes = await playWithCuts({ open: opener(wanted), task: taskOf(wanted), ...TO_GREEN });
  expect(changes.filter((one) => !one.includes('-zdd'))).toEqual([
    'create /shop-green',
    'kill shop-blue.001',
    'change /shop-green instances',
    'kill shop-blue.002',
    'change /shop-green instances',
    'remove /shop-blue',
  ]);
});

const isBlue = (task: string): boolean => task.startsWith('shop-blue');

test.each([[[OLD]], [[OURS, OLD]]])(
  'fault 1, roles that swap in a marathon-lb 1.15 when the old app is scaled: a busy old task is waited for, and no longer',
  async (balancers) => {
    const wanted = {};
    const form = { balancers, sessionMs: (task: string) => (task.endsWith('.004') ? 15_000 : 0) };
    await playWithCuts({ open: opener(wanted, form), task: taskOf(wanted), ...TO_GREEN });
  },
);

test("fault 2, a newer HAProxy's CSV: columns are found by their names, whatever stands between them", async () => {
  const columns = ['# pxname', '-', 'svname', 'agg', 'status', '-', 'qcur', 'scur', 'h1_total', ''];
  const wanted = {};
  await playWithCuts({ open: opener(wanted, { balancers: [{ ...OLD, columns }] }), task: taskOf(wanted), ...TO_GREEN });
});

test.each(['calico', 'calico with a host port'] as const)(
  'fault 3, %s: tasks with addresses of their own are found in the CSV',
  async (network) => {
    const wanted = { network };
    await playWithCuts({ open: opener(wanted, { balancers: [OLD] }), task: taskOf(wanted), ...TO_GREEN });
  },
);

test.each(['calico with two ports', 'host with two ports'] as const)('fault 4, %s: only what is drained dies', async (network) => {
  const wanted = { network, instances: 6, initial: 3 };
  const story = { open: opener(wanted, { balancers: [OURS, OLD] }), task: taskOf(wanted), ends: 'complete', fewest: 6 };
  await playWithCuts({ ...story, apps: { '/shop-green': 6 } });
});

test.each(['/shop', 'shop/web', '/shop/web'])('fault 5, a group called %s is found by its backend', async (group) => {
  const wanted = { group };
  await playWithCuts({ open: opener(wanted, { balancers: [OURS, OLD] }), task: taskOf(wanted), ...TO_GREEN });
});

test('fault 6, host mode', async () => {
  const wanted = { network: 'host' } as const;
  await playWithCuts({ open: opener(wanted, { balancers: [OURS, OLD] }), task: taskOf(wanted), ...TO_GREEN });
});

test('fault 7, no health checks and one instance: the old task serves until the new one runs', async () => {
  const wanted = { checks: false, instances: 1 };
  const open = opener(wanted, { startMs: (app) => (app === '/shop-green' ? 20_000 : 0) });
  await playWithCuts({ open, task: taskOf(wanted), ends: 'complete', apps: { '/shop-green': 1 }, fewest: 1 });
});

const BACK = { apps: { '/shop-blue': 4 }, fewest: 4 } as const;

test.each([
  ['no task of it', 1],
  ['its second task not, after the first kill', 2],
])('fault 8, a new version that never gets healthy, %s: the old one has everything again', async (_, first) => {
  const wanted = {};
  const open = opener(wanted, {
    balancers: [OURS, { ...OURS, name: 'lb3' }],
    healthyMs: (app, nth) => (app === '/shop-green' && nth >= first ? 1e12 : 0),
  });
  const ends =
    /^the deployment was taken back, and the old app has everything again: waited 30 s for Marathon's deployment of \/shop-green/;
  await playWithCuts({ open, task: taskOf(wanted), ends, ...BACK });
});

test('fault 8, a new version that Marathon calls healthy and HAProxy does not: it is not scaled, and the old one has everything again', async () => {
  const wanted = {};
  const open = opener(wanted, { passes: (app) => app !== '/shop-green' });
  const ends = /: waited 30 s for 1 task of \/shop-green to serve on every load balancer, but 0 of 1 do$/;
  const changes = await playWithCuts({ open, task: taskOf(wanted), ends, ...BACK, fewest: 3 }); // the load balancer drains one by Marathon's word
  expect(changes).not.toContain('change /shop-green instances');
});

test.each([
  ['no check', 'MAINT (via shop_10000/other)'],
  ['UP 1/3', 'DRAIN'],
  ['UP', 'MAINT (resolution)'],
])('fault 9, servers that are %s and %s: a step waits for what drains, and not to its end', async (up, drains) => {
  const wanted = {};
  const world = opener(wanted, { balancers: [{ ...OLD, words: { up, drains } }] });
  const opened: World[] = [];
  const open = (): World => {
    opened.push(world());
    return opened.at(-1) as World;
  };
  await playWithCuts({ open, task: taskOf(wanted), ...TO_GREEN });
  expect((opened[0]?.now ?? 0) - BEGIN).toBeLessThan(PLAN.stepMs);
});

test('fault 10, a change that Marathon refuses because a deployment runs is made again, whichever it is', async () => {
  const wanted = {};
  for (let n = 2; n <= 12; n++)
    await playOnce({ open: opener(wanted, { fails: new Map([[n, 'locked']]) }), task: taskOf(wanted), ...TO_GREEN });
});

test('fault 10, a change without an answer, and a hook that fails: the same command again goes on', async () => {
  const wanted = {};
  for (let n = 1; n <= 12; n++) {
    const open = opener(wanted, { fails: new Map([[n, 'no answer']]) });
    await playOnce({ open, task: taskOf(wanted), ...TO_GREEN, again: /no answer|complete/ });
  }
  for (let n = 1; n <= 3; n++) {
    let kills = 0;
    const beforeKill = () => (++kills === n ? Promise.reject(new Error('the hook says no')) : Promise.resolve());
    await playOnce({ open: opener(wanted), task: taskOf(wanted), engine: { beforeKill }, ...TO_GREEN, again: /^the hook says no$/ });
  }
});

test('fault 11, a hybrid ends at once; one of all instances is the whole deployment, and nothing is left of the old app', async () => {
  const hybrid = { newInstances: 1 };
  const opened: World[] = [];
  const open = (): World => {
    opened.push(opener(hybrid)());
    return opened.at(-1) as World;
  };
  await playWithCuts({ open, task: taskOf(hybrid), ends: 'hybrid', apps: { '/shop-blue': 3, '/shop-green': 1 }, fewest: 4 });
  expect((opened[0]?.now ?? 0) - BEGIN).toBeLessThan(PLAN.stepMs);
  const all = { newInstances: 4 };
  await playWithCuts({ open: opener(all), task: taskOf(all), ...TO_GREEN });
});

test.each([6, 2, 0])('fault 11, somebody scales the old app to %i meanwhile: the deployment ends all the same', async (instances) => {
  const wanted = {};
  let looks = 0;
  const meanwhile = (world: World): void => {
    if (++looks === 4) world.scale('/shop-blue', instances);
  };
  const open = (): World => {
    looks = 0;
    return opener(wanted)();
  };
  await playWithCuts({ open, task: taskOf(wanted), meanwhile, ...TO_GREEN, fewest: 0, mayCut: true });
});

test.each([
  ['', [OURS], 4],
  [', beside a marathon-lb 1.15, which drains as if one task were enough until the new app is scaled', [OURS, OLD], 2],
])('fault 12, the old app was deployed without zdd: it has none of the labels but the group%s', async (_, balancers, fewest) => {
  const wanted = {};
  const open = (): World => {
    const world = new World({ group: '/shop', balancers, startMs: () => 2_000 });
    const { labels, ...app } = definition(wanted);
    world.put({ ...app, id: '/shop', labels: { HAPROXY_GROUP: labels.HAPROXY_GROUP, HAPROXY_DEPLOYMENT_GROUP: '/shop' } });
    return world;
  };
  await playWithCuts({ open, task: taskOf(wanted), ends: 'complete', apps: { '/shop-blue': 4 }, fewest });
});

test('fault 13, the hook is called before every kill, the last one too, with the tasks that die', async () => {
  const wanted = {};
  const hooked: string[] = [];
  const beforeKill = ({ tasks }: { readonly tasks: readonly string[] }) => Promise.resolve(void hooked.push(...tasks));
  const { changes } = await playOnce({ open: opener(wanted), task: taskOf(wanted), engine: { beforeKill }, ...TO_GREEN });
  expect(hooked.sort()).toEqual(['shop-blue.001', 'shop-blue.002', 'shop-blue.003', 'shop-blue.004']);
  expect(changes).toContain('remove /shop-blue');
});

test("fault 14, an old worker with a stranger's websocket: on a marathon-lb 1.15 it costs the time of a step, on ours nothing", async () => {
  const wanted = { plan: { onTimeout: 'kill' } } as const;
  await playWithCuts({ open: opener(wanted, { balancers: [OURS, { ...OLD, oldWorker: true }] }), task: taskOf(wanted), ...TO_GREEN });
});

test('fault 15, a session that goes on after a reload is not cut, and holds only its own task', async () => {
  const wanted = {};
  const form = { balancers: [OURS, { ...OURS, name: 'lb3' }], sessionMs: (task: string) => (isBlue(task) ? 20_000 : 0) };
  await playWithCuts({ open: opener(wanted, form), task: taskOf(wanted), ...TO_GREEN });
});

test('fault 15, a session that never ends is cut after the time of a step under kill alone, and under abort the old app has everything again', async () => {
  const form = { sessionMs: (task: string) => (task.endsWith('.002') ? 1e12 : 0) };
  const kill = { plan: { onTimeout: 'kill' } } as const;
  await playWithCuts({ open: opener(kill, form), task: taskOf(kill), ...TO_GREEN, mayCut: true });
  const abort = { plan: { onTimeout: 'abort' } } as const;
  await playWithCuts({ open: opener(abort, form), task: taskOf(abort), ends: /taken back/, ...BACK });
});

/** What zdd writes beside the time. */
const BY_ZDD = { HAPROXY_DEPLOYMENT_COLOUR: 'blue', HAPROXY_DEPLOYMENT_TARGET_INSTANCES: '4', HAPROXY_DEPLOYMENT_NEW_INSTANCES: '0' };

test.each(['2026-01-01T09:00:00.000001', '2026-01-01T00:00:00.000Z', '2027-01-01'])(
  'fault 16, the old app says that it was deployed at %s, by a clock of elsewhere: it is the old one all the same',
  async (startedAt) => {
    const wanted = {};
    const open = (): World => {
      const world = new World({ group: '/shop', balancers: [OURS, OLD], startMs: () => 2_000 });
      const labels = { ...BY_ZDD, HAPROXY_DEPLOYMENT_STARTED_AT: startedAt };
      world.put({ ...definition({ labels }), id: '/shop-blue' });
      return world;
    };
    await playWithCuts({ open, task: taskOf(wanted), ...TO_GREEN });
  },
);

test('fault 16, the app of this colour is still being removed by the deployment before: it is made when it is gone', async () => {
  const wanted = {};
  const open = (): World => {
    const world = new World({ group: '/shop', balancers: [OURS], startMs: () => 2_000, removeMs: 20_000 });
    world.put({ ...definition({ group: 'another' }), id: '/shop-green' });
    world.put({ ...definition({ labels: BY_ZDD }), id: '/shop-blue' });
    void world.side.remove('/shop-green');
    return world;
  };
  await playWithCuts({ open, task: taskOf(wanted), ...TO_GREEN });
});

test('fault 17, a third app with a copied group: refused, and nothing of it is touched', async () => {
  const wanted = {};
  const open = (): World => {
    const world = opener(wanted)();
    for (const id of ['/other', '/third']) world.put({ ...definition({ instances: 2 }), id });
    return world;
  };
  const apps = { '/shop-blue': 4, '/other': 2, '/third': 2 };
  const changes = await playWithCuts({
    open,
    task: taskOf(wanted),
    ends: /has 3 apps \(.*\), and only two can be a deployment/,
    apps,
    fewest: 0,
  });
  expect(changes.every((one) => one.includes('-zdd'))).toBe(true);
});

test('two load balancers, one behind the other, and one that is away for a while: nothing is lost', async () => {
  const wanted = {};
  const behind = { ...OURS, name: 'lb3', lagMs: 5_000 };
  await playWithCuts({ open: opener(wanted, { balancers: [OURS, behind] }), task: taskOf(wanted), ...TO_GREEN });
  const away = { ...OURS, name: 'lb3', away: [4_000, 30_000] as const };
  await playWithCuts({ open: opener(wanted, { balancers: [OURS, away] }), task: taskOf(wanted), ...TO_GREEN });
});

test.each([1, 2, 3, 4, 5, 6])(
  'aborted at look %i beside a marathon-lb 1.15, which does not know that a deployment is taken back: the same end',
  async (at) => {
    for (const balancers of [[OURS, OLD], [OLD]]) {
      const wanted = {};
      let looks = 0;
      const meanwhile = async (world: World): Promise<void> => {
        if (++looks === at) await writeNote(world.side, { base: '/shop', group: '/shop', note: 'abort' });
      };
      await playOnce({ open: opener(wanted, { balancers }), task: taskOf(wanted), meanwhile, ends: /it was aborted/, ...BACK, fewest: 2 });
    }
  },
);

test.each([1, 2, 3, 4, 5, 6, 7])(
  'aborted at look %i: the old app has everything again, before anything of the new one goes',
  async (at) => {
    const wanted = {};
    let looks = 0;
    const meanwhile = async (world: World): Promise<void> => {
      if (++looks === at) await writeNote(world.side, { base: '/shop', group: '/shop', note: 'abort' });
    };
    const open = (): World => {
      looks = 0;
      return opener(wanted)();
    };
    await playOnce({ open, task: taskOf(wanted), meanwhile, ends: /it was aborted/, ...BACK });
  },
);
