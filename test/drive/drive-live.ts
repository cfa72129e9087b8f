import type { Answer, Haproxy, Review } from '../../src/model/haproxy.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { Command, Document, Running } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { backendSection, document, fragment, section } from '../haproxy/make.ts';
import { execute, loaded, type Memory } from '../plan/plan-fake.ts';
import { calm, makeRig, type Rig } from './drive-rig.ts';

/** Of map files. */
export const FOLDER = '/etc/haproxy';

/** A document with one backend and these servers; `check`: their lines have one. */
export function shop(servers: readonly number[], { check = false, leaving = [] as readonly number[], head = 'a' } = {}): Document {
  const lines = servers.map((n) => [`s${n}`, `  server s${n} 10.0.0.${n}:80 id ${n}${check ? ' check' : ''}\n`]);
  const one = backendSection('shop_1', ['backend shop_1\n  balance roundrobin\n'], Object.fromEntries(lines) as Record<string, string>);
  return document({
    front: [section('head', `${head}\n`)],
    backends: [{ ...one, leaving: new Set(leaving.map((n) => `s${n}` as never)) }],
  });
}

/** A drive, and the HAProxy that it drives. */
export interface Live {
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
  /** Whether no reload comes up. */
  stuck: boolean;
  /** Whether HAProxy does not say that a reload came up. */
  isSilent: boolean;
  /** Whether the files in place are those that were written last. */
  isFileOurs: boolean;
  /** A reload ends only after this; the worker before it serves until then. */
  hold: Promise<void> | undefined;
  /** `haproxy -c` ends only after this. */
  holdPut: Promise<void> | undefined;
  /** The worker before the reload answers nobody while it runs. */
  isDeaf: boolean;
  /** The commands for the worker before the reload reach the one after it, which takes the first. */
  isLate: boolean;
  /** HAProxy can be read back in parts; only servers of backends. */
  reviews: boolean;
  /** Runs what was put off for at most so many milliseconds, as if its time had come; all of it when left out. */
  tick(most?: number): Promise<void>;
}

/** Reads back backends alone, and finds no doubts of its own. */
function makeReview({ memory }: Live): Review {
  const doubts = { backends: new Set<never>(), maps: new Set<never>(), unresolved: [] };
  return {
    doubts: () => Promise.resolve(doubts),
    settle: (before, { backends }) => {
      const { document, exceptions } = holds(memory, before.document);
      const isAsked = ({ backend }: { readonly backend: BackendName }): boolean => backends.has(backend);
      const sections = before.document.backends.map((one, i) => (isAsked(one) ? (document.backends[i] ?? one) : one));
      const found = [...exceptions].filter(([, one]) => isAsked(one));
      return Promise.resolve({ ...before, document: { ...before.document, backends: sections }, exceptions: new Map(found) });
    },
  };
}

/** Drive with a HAProxy that takes commands. */
export function makeLive(): Live {
  const put: { readonly ms: number; readonly work: () => void }[] = [];
  const live = {
    sent: [],
    answers: [],
    passed: new Set(),
    disagrees: false,
    stuck: false,
    isSilent: false,
    isFileOurs: false,
    memory: loaded(document(), FOLDER),
  } as unknown as {
    -readonly [Key in keyof Live]: Live[Key];
  };
  const haproxy: Haproxy & { review?: Review } = {
    release: () => Promise.resolve({ major: 2, minor: 6 }),
    send: (commands) => {
      const answers: Answer[] = [];
      for (const command of commands) answers.push(run(live, command));
      return Promise.resolve(answers);
    },
    reload: async () => {
      live.sent.push('reload');
      const file = live.written ?? document();
      await live.hold;
      if (live.stuck) throw new Error('HAProxy did not confirm it');
      if (!live.isLate) live.memory = loaded(file, FOLDER);
      live.sent.push('new worker');
      if (live.reviews) haproxy.review = makeReview(live);
      if (live.isSilent) throw new Error('HAProxy did not confirm it');
    },
    meanwhile: () => ({
      passed: (servers) => haproxy.passed(servers),
      send: (commands) => {
        if (live.isLate) {
          live.memory = loaded(live.written ?? document(), FOLDER);
          for (const command of commands.slice(0, 1)) run(live, command);
        }
        return live.isDeaf || live.isLate ? Promise.reject(new Error('a different worker answers')) : haproxy.send(commands);
      },
    }),
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
    applied: () => Promise.resolve(live.isFileOurs ? 'x' : undefined),
    later: (ms, work) => put.push({ ms, work }),
    files: {
      put: async (one) => {
        await live.holdPut;
        await keep(one);
        return { ok: true };
      },
      putFirst: keep,
      withdraw: () => Promise.resolve(),
      wasServed: () => Promise.resolve(false),
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
  live.tick = async (most = Infinity) => {
    const all = put.splice(0);
    put.push(...all.filter(({ ms }) => ms > most));
    for (const { ms, work } of all) if (ms <= most) work();
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

/** As read back: servers that are not there are taken out, those that nobody knew of are put in, those in maintenance stand apart. */
function holds({ servers, maps }: Memory, one: Document): Running {
  const exceptions = new Map<string, Running['exceptions'] extends ReadonlyMap<string, infer One> ? One : never>();
  const backends = one.backends.map((backend) => {
    const prefix = `${backend.backend}/`;
    const others = [...servers].filter(([key]) => key.startsWith(prefix) && !backend.servers.has(key.slice(prefix.length) as never));
    const foreign = others.map(([key, { address }]) => {
      const server = key.slice(prefix.length) as ServerName;
      return [server, fragment(`  server ${server} ${address}\n`)] as const;
    });
    const there = [...backend.servers].filter(([name]) => servers.has(`${prefix}${name}`));
    for (const [server, line] of [...there, ...foreign]) {
      const key = `${prefix}${server}`;
      if (servers.get(key)?.admin === 'maint') exceptions.set(key, { backend: backend.backend, server, line, stage: 'stopped' });
    }
    const serving = foreign.filter(([server]) => !exceptions.has(`${prefix}${server}`));
    return there.length === backend.servers.size && serving.length === 0
      ? backend
      : { ...backend, servers: new Map([...there, ...serving]) };
  });
  const isSame = backends.every((backend, i) => backend === one.backends[i]);
  const document = isSame ? one : { ...one, backends };
  return { document: one.spares === undefined ? document : { ...document, maps: mapsIn(maps, one) }, exceptions, lost: new Map() };
}

function mapsIn(maps: Memory['maps'], one: Document): Document['maps'] {
  const read = Object.keys(one.maps).map((file) => [file, new Map(maps.get(`${FOLDER}/${file}`))] as const);
  return Object.fromEntries(read) as unknown as Document['maps'];
}

/** The servers in rotation. */
export const serving = ({ memory }: Live): readonly string[] =>
  [...memory.servers].flatMap(([name, { admin }]) => (admin === 'ready' ? name : [])).sort();

/** One that runs such a document, and has sent nothing since. */
export async function running(...args: Parameters<typeof shop>): Promise<Live> {
  const live = makeLive();
  live.rig.drive.want(shop(...args));
  await calm();
  if (live.sent.filter((what) => what === 'reload').length !== 1) throw new Error('one reload was wanted');
  live.sent.length = 0;
  return live;
}
