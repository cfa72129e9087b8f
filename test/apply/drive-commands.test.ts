import { expect, test } from '@jest/globals';
import type { Answer } from '../../src/haproxy/follow.ts';
import type { Haproxy } from '../../src/apply/haproxy.ts';
import { textOf } from '../../src/haproxy/text.ts';
import type { Command, Document, Running } from '../../src/model/document.ts';
import { backendSection, document, section } from '../haproxy/make.ts';
import { execute, loaded, type Memory } from '../haproxy/plan-fake.ts';
import { calm, makeRig, type Rig } from './drive-rig.ts';

const FOLDER = '/etc/haproxy';

/** A document with one backend and these servers; `check`: their lines have one. */
function shop(servers: readonly number[], { check = false, leaving = [] as readonly number[], head = 'a' } = {}): Document {
  const lines = servers.map((n) => [`s${n}`, `  server s${n} 10.0.0.${n}:80 id ${n}${check ? ' check' : ''}\n`]);
  const one = backendSection('shop_1', ['backend shop_1\n  balance roundrobin\n'], Object.fromEntries(lines) as Record<string, string>);
  return document({
    front: [section('head', `${head}\n`)],
    backends: [{ ...one, leaving: new Set(leaving.map((n) => `s${n}` as never)) }],
  });
}

interface Live {
  readonly rig: Rig;
  /** What HAProxy has in its memory; loaded anew at each reload. */
  memory: Memory;
  readonly sent: string[];
  /** What is written to the disk. */
  written: Document | undefined;
  /** What the next commands answer, where that is not what HAProxy would say. */
  readonly answers: (string | Error)[];
  readonly passed: Set<string>;
  /** Whether the next note of what HAProxy runs fails. */
  disagrees: boolean;
  /** Runs what was put off, as if its time had come. */
  tick(): Promise<void>;
}

/** Drive with a HAProxy that takes commands. */
function makeLive(): Live {
  const put: (() => void)[] = [];
  const live = { sent: [], answers: [], passed: new Set(), disagrees: false, memory: loaded(document(), FOLDER) } as unknown as {
    -readonly [Key in keyof Live]: Live[Key];
  };
  const haproxy: Haproxy = {
    release: () => Promise.resolve({ major: 2, minor: 6 }),
    send: (commands) => {
      const answers: Answer[] = [];
      for (const command of commands) answers.push(run(live, command));
      return Promise.resolve(answers);
    },
    reload: () => {
      live.sent.push('reload');
      live.memory = loaded(live.written ?? document(), FOLDER);
      return Promise.resolve();
    },
    holds: (one) => Promise.resolve(holds(live.memory, one)),
    passed: (servers) =>
      Promise.resolve(new Set(servers.map(({ backend, server }) => `${backend}/${server}`).filter((key) => live.passed.has(key)))),
    agrees: () => {
      live.sent.push('agrees');
      const refused = live.disagrees;
      live.disagrees = false;
      return refused ? Promise.reject(new Error('no worker serves')) : Promise.resolve();
    },
  };
  const keep = (one: Document): Promise<void> => {
    live.written = one;
    return Promise.resolve();
  };
  live.rig = makeRig({
    haproxy,
    applied: () => Promise.resolve(undefined),
    later: (_ms, work) => put.push(work),
    files: {
      put: async (one) => {
        await keep(one);
        return { ok: true };
      },
      check: () => Promise.resolve({ ok: true }),
      write: async (one) => {
        await keep(one);
        return 'x';
      },
      read: () => Promise.resolve({ config: [...textOf(live.written ?? document())].join(''), maps: {} }),
      fingerprint: () => Promise.resolve('x'),
      confirm: () => Promise.resolve(),
      restore: () => Promise.resolve(true),
    },
  });
  live.tick = async () => {
    for (const work of put.splice(0)) work();
    await calm();
  };
  return live;
}

function run(live: Live, command: Command): Answer {
  live.sent.push(command.text);
  const given = live.answers.shift();
  if (given instanceof Error) throw given;
  if (given === undefined || given === '') return execute(live.memory, command);
  return { taken: false, answer: given };
}

/** As read back: servers that are not there are taken out, those in maintenance stand apart. */
function holds({ servers }: Memory, one: Document): Running {
  const apart = new Map<string, Running['apart'] extends ReadonlyMap<string, infer One> ? One : never>();
  const backends = one.backends.map((backend) => {
    const there = [...backend.servers].filter(([name]) => servers.has(`${backend.backend}/${name}`));
    for (const [server, line] of there) {
      const key = `${backend.backend}/${server}`;
      if (servers.get(key)?.admin === 'maint') apart.set(key, { backend: backend.backend, server, line, stage: 'stopped' });
    }
    return there.length === backend.servers.size ? backend : { ...backend, servers: new Map(there) };
  });
  const isSame = backends.every((backend, i) => backend === one.backends[i]);
  return { document: isSame ? one : { ...one, backends }, apart, lost: new Map() };
}

const serving = ({ memory }: Live): readonly string[] =>
  [...memory.servers].flatMap(([name, { admin }]) => (admin === 'ready' ? name : [])).sort();

async function running(...args: Parameters<typeof shop>): Promise<Live> {
  const live = makeLive();
  live.rig.drive.want(shop(...args));
  await calm();
  expect(live.sent.filter((what) => what === 'reload')).toEqual(['reload']);
  live.sent.length = 0;
  return live;
}

test('a server that comes and one that goes are commands, at once and without a reload; the file follows', async () => {
  const live = await running([1, 2]);
  const wanted = shop([2, 3]);
  live.rig.drive.want(wanted);
  await expect(live.rig.drive.settled()).resolves.toEqual({ ok: true, by: 'commands' });
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
  expect(live.sent).not.toContain('reload');
  expect(live.written).not.toBe(wanted);
  await live.tick();
  expect(live.written).toBe(wanted);
  expect(live.sent).toContain('agrees');
  expect(live.rig.served.length).toBe(2);
});

test('that HAProxy runs what the file says could not be noted: it is tried again', async () => {
  const live = await running([1, 2]);
  live.disagrees = true;
  live.rig.drive.want(shop([2, 3]));
  await calm();
  await live.tick();
  expect(live.sent.filter((what) => what === 'agrees')).toHaveLength(1);
  await live.tick();
  expect(live.sent.filter((what) => what === 'agrees')).toHaveLength(2);
});

test('a server that is gone is deleted by and by, and may come back before', async () => {
  const live = await running([1, 2]);
  live.rig.drive.want(shop([2]));
  await calm();
  await live.tick();
  expect(live.memory.servers.get('shop_1/s1')).toMatchObject({ admin: 'maint' }); // only seen to be stopped
  live.rig.drive.want(shop([1, 2]));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
  live.rig.drive.want(shop([2]));
  await calm();
  live.answers.push('Server still has connections attached to it, cannot remove it.');
  for (let i = 0; i < 2; i++) await live.tick();
  expect([...live.memory.servers.keys()]).toEqual(['shop_1/s1', 'shop_1/s2']);
  for (let i = 0; i < 2; i++) await live.tick();
  expect([...live.memory.servers.keys()]).toEqual(['shop_1/s2']);
  expect(live.sent).not.toContain('reload');
});

test('a server whose task is being killed is drained, then stopped', async () => {
  const live = await running([1, 2]);
  live.rig.drive.want(shop([2], { leaving: [1] }));
  await calm();
  expect(live.memory.servers.get('shop_1/s1')).toMatchObject({ admin: 'drain' });
  live.rig.drive.want(shop([2]));
  await calm();
  expect(live.memory.servers.get('shop_1/s1')).toMatchObject({ admin: 'maint' });
});

test('a new server is enabled when its check has passed, and before that only if no other serves', async () => {
  const live = await running([1], { check: true });
  live.rig.drive.want(shop([1, 2], { check: true }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1']);
  await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1']);
  live.passed.add('shop_1/s2');
  await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
  live.rig.drive.want(shop([3], { check: true }));
  await calm();
  expect(serving(live)).toEqual(['shop_1/s3']);
});

test('a command that is refused ends in a reload, and in what is wanted', async () => {
  const live = await running([1]);
  live.answers.push('', 'Out of memory');
  live.rig.drive.want(shop([1, 2]));
  await calm();
  expect(live.sent.filter((what) => what === 'reload')).toEqual(['reload']);
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2']);
});

test('when the socket fails in the middle, what HAProxy holds is read back and the rest is sent', async () => {
  const live = await running([1]);
  live.answers.push('', new Error('the connection was cut'));
  live.rig.drive.want(shop([1, 2, 3]));
  await calm();
  for (let i = 0; i < 3; i++) await live.tick();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2', 'shop_1/s3']);
  expect(live.rig.log).toContain('troubled: the connection was cut');
});

test('commands go before a reload and not with it; what changed meanwhile is sent after it', async () => {
  const live = await running([1]);
  live.rig.drive.want(shop([1, 2], { head: 'b' }));
  live.rig.drive.want(shop([2, 3], { head: 'b' }));
  await calm();
  expect(live.sent.indexOf('reload')).toBeGreaterThan(live.sent.findIndex((text) => text.startsWith('add server')));
  expect(serving(live)).toEqual(['shop_1/s2', 'shop_1/s3']);
});

test('in doubt what HAProxy holds is read back: a reload by hand with an older file is made good without another', async () => {
  const live = await running([1, 2]);
  const wanted = shop([1, 2, 3]);
  live.rig.drive.want(wanted);
  await calm();
  live.memory = loaded(shop([1]), FOLDER);
  live.sent.length = 0;
  live.rig.drive.want(wanted);
  await calm();
  expect([live.sent, serving(live)]).toEqual([[], ['shop_1/s1']]); // it does not know
  live.rig.drive.doubt();
  await calm();
  expect(serving(live)).toEqual(['shop_1/s1', 'shop_1/s2', 'shop_1/s3']);
  expect(live.sent).not.toContain('reload');
  await live.rig.drive.idle();
  expect(live.written).toBe(wanted);
});

test('in doubt without a reason, or before there is anything to doubt, nothing is sent', async () => {
  const live = await running([1, 2]);
  live.rig.drive.doubt();
  await calm();
  const early = makeLive();
  early.rig.drive.doubt();
  await calm();
  expect([live.sent, early.sent]).toEqual([[], []]);
});

test('at the end the file says what HAProxy runs', async () => {
  const live = await running([1]);
  const wanted = shop([1, 2]);
  live.rig.drive.want(wanted);
  await live.rig.drive.settled();
  await live.rig.drive.idle();
  expect(live.written).toBe(wanted);
});
