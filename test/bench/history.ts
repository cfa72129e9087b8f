/**
 * Random histories in a small estate with a real HAProxy: apps and tasks come and go, the daemon and HAProxy are killed, HAProxy is reloaded by
 * others, labels change what HAProxy takes at runtime and what only a reload can change. After each history HAProxy and its file must serve what a fresh
 * start makes of what Marathon says: lines, servers with weights and states, rows of maps, and no backend besides.
 *
 *   npm run bench:history             for a minute
 *   npm run bench:history -- 300 7    for 300 s, from the seed 7
 *   npm run bench:history -- 300 7 --spare-backends 0    with further flags of the daemon
 *
 * With HISTORY_TOLD=1 each history is told. A different release of HAProxy is tried by its folder in front of PATH.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeLabelChange } from './changing-labels.ts';
import { makeSameView } from './same-view.ts';
import { openEstate, type Estate } from '../e2e/chaos/estate.ts';
import { needBuild } from '../e2e/command.ts';
import { endAll } from '../e2e/ends.ts';
import { needHaproxy, type Ends } from '../e2e/fixtures/stage.ts';
import { until } from '../e2e/until.ts';

/** One event. `isFatal`: HAProxy is killed, whose connections break. */
interface Act {
  readonly what: string;
  /** What it resolves to, if that is words, tells more. */
  readonly act: (estate: Estate) => Promise<unknown>;
  readonly isFatal?: true;
}

const masterOf = async ({ cluster }: Estate): Promise<number> => (await cluster.processes())[0] ?? 0;

const restart = async ({ daemons }: Estate): Promise<void> => {
  await daemons.end('SIGKILL');
  daemons.start();
};

const ACTS: readonly Act[] = [
  { what: 'tasks', act: ({ change }) => change() },
  { what: 'tasks', act: ({ change }) => change() },
  { what: 'apps', act: ({ changeApps }) => changeApps() },
  { what: 'apps', act: ({ changeApps }) => changeApps() },
  { what: 'the daemon is killed', act: restart },
  {
    what: 'a reload by hand',
    act: ({ daemons }) => {
      daemons.now().signal('SIGUSR1');
      return Promise.resolve();
    },
  },
  {
    what: 'a reload by somebody else',
    act: async (estate) => {
      process.kill(await masterOf(estate), 'SIGUSR2');
    },
  },
  { what: "HAProxy's worker is killed", act: async ({ cluster }) => void process.kill(await cluster.worker(), 'SIGKILL'), isFatal: true },
  { what: "HAProxy's master is killed", act: async (estate) => void process.kill(await masterOf(estate), 'SIGKILL'), isFatal: true },
];

/** Numbers from 0 up to 1 that a seed decides [mulberry32]. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const MOST_ACTS = 6;
const MOST_PAUSE_MS = 700;

/** What all histories of a run have. */
interface Run {
  readonly estate: Estate;
  readonly random: () => number;
  readonly acts: readonly Act[];
  /** Waits until HAProxy and its file serve what Marathon says. */
  readonly sameView: () => Promise<void>;
}

/** Runs one history. Returns what happened, and how many requests failed. */
async function tryHistory({ estate, random, acts: all, sameView }: Run): Promise<{ readonly told: string; readonly failed: number }> {
  const acts = Array.from({ length: 1 + Math.floor(random() * MOST_ACTS) }, () => all[Math.floor(random() * all.length)] as Act);
  const flows = estate.traffic();
  const told: string[] = [];
  for (const { what, act } of acts) {
    const pauseMs = Math.floor(random() * MOST_PAUSE_MS);
    const more = await act(estate);
    told.push(`${what}${typeof more === 'string' ? `: ${more}` : ''}, ${pauseMs} ms`);
    await sleep(pauseMs);
  }
  try {
    await sameView();
    await until('a file that HAProxy takes', estate.isValid);
  } catch (error) {
    const log = estate.daemons
      .log()
      .slice(-20)
      .map((line) => JSON.stringify(line));
    throw new Error([`after this history: ${told.join('; ')}`, ...log].join('\n'), { cause: error });
  }
  const tallies = await Promise.all(flows.map(({ stop }) => stop()));
  const failed = tallies.flatMap(({ failures }) => Object.values(failures)).reduce((sum, count) => sum + count, 0);
  const isFatal = acts.some((one) => one.isFatal);
  return { told: told.join('; '), failed: isFatal ? 0 : failed };
}

await needHaproxy();
needBuild();
const [seconds = '60', given, ...words] = process.argv.slice(2);
const seed = Number(given ?? Date.now() % 2 ** 31);
const random = makeRandom(seed);
const ends: Ends = [];
const [counts, end] = [{ histories: 0, failed: 0 }, performance.now() + Number(seconds) * 1_000];
try {
  const estate = await openEstate({ ends, mount: false, words: ['--settle', '2', ...words] });
  const changeLabels = makeLabelChange(estate, random);
  const labels: Act = { what: 'labels', act: () => Promise.resolve(changeLabels()) };
  const history = { estate, random, acts: [labels, labels, labels, ...ACTS], sameView: makeSameView(estate, ends) };
  while (performance.now() < end) {
    const start = performance.now();
    const { told, failed } = await tryHistory(history);
    if (process.env['HISTORY_TOLD'] === '1') process.stdout.write(`${((performance.now() - start) / 1_000).toFixed(1)} s: ${told}\n`);
    counts.histories++;
    counts.failed += failed;
    if (failed > 0) process.stdout.write(`${failed} requests failed: ${told}\n`);
  }
} finally {
  await endAll(ends);
  const version = execFileSync('haproxy', ['-v'], { encoding: 'utf8' }).split(' ')[2] ?? '';
  process.stdout.write(
    `HAProxy ${version}, seed ${seed}: ${counts.histories} histories ended in agreement, ${counts.failed} requests failed\n`,
  );
}
