import { expect } from '@jest/globals';
import { hostname } from 'node:os';
import { deploy, type Engine, type DeployTask } from '../../src/deploy/engine.ts';
import type { MarathonSide } from '../../src/deploy/marathon-side.ts';
import type { World } from './world.ts';

/** A deployment in a world, and how it is to end. */
export interface Story {
  /** A world in which the old app serves. */
  readonly open: () => World;
  readonly task: DeployTask;
  readonly engine?: Partial<Engine>;
  /** What happens meanwhile, before each step is decided on. */
  readonly meanwhile?: (world: World, engine: Engine) => Promise<void> | void;
  /** How it ends: with these apps, and by an outcome or an error's words. */
  readonly apps: Readonly<Record<string, number>>;
  readonly ends: string | RegExp;
  /** The fewest tasks that may serve at any moment. */
  readonly fewest: number;
  /** Whether sessions may be cut, as `--on-timeout kill` does. */
  readonly mayCut?: boolean;
}

/** So many hours may pass in a story, in ms. */
const LONGEST_MS = 24 * 3_600_000;

/** The engine waits so long before it says what it waits for, in ms. */
const SAY_MS = 10_000;

class Killed extends Error {}

/** The same Marathon, for a run that is killed when its n-th change is made. That is as if it were killed before the next one. */
function killedAfter(side: MarathonSide, n: number): MarathonSide {
  let changes = 0;
  const cut =
    <Words extends readonly unknown[]>(work: (...words: Words) => Promise<boolean>) =>
    async (...words: Words): Promise<boolean> => {
      const done = await work(...words);
      if (++changes === n) throw new Killed();
      return done;
    };
  return { read: side.read, create: cut(side.create), change: cut(side.change), kill: cut(side.kill), remove: cut(side.remove) };
}

/** Runs the command once; how it ended, in words. */
async function run(world: World, { task, engine: more, meanwhile }: Story, marathon: MarathonSide = world.side): Promise<string> {
  const { group } = world.form;
  const over = world.now + LONGEST_MS;
  const engine: Engine = {
    marathon,
    group,
    base: '/shop',
    owner: `${hostname()}:999999999:0`, // of no process that lives, so that the next run takes over at once
    look: async () => {
      await meanwhile?.(world, engine);
      return world.look();
    },
    beforeKill: () => Promise.resolve(),
    judge: () => undefined,
    say: () => undefined,
    pauseMs: 1_000,
    stepDelayMs: 1_000,
    now: () => world.now,
    sleep: (ms) => {
      if (ms === SAY_MS) return new Promise(() => undefined); // the engine says what it waits for, and here nothing lasts that does not end
      world.advance(Math.max(1, ms));
      return world.now > over ? Promise.reject(new Error('it goes on for ever')) : Promise.resolve();
    },
    signal: new AbortController().signal,
    ...more,
  };
  return deploy(engine, task).catch((error: unknown) => (error instanceof Killed ? 'killed' : (error as Error).message));
}

function check(world: World, { apps, fewest, mayCut = false }: Story): void {
  expect(world.apps()).toEqual(apps);
  expect(world.fewest).toBeGreaterThanOrEqual(fewest);
  if (!mayCut) expect(world.losses).toEqual([]);
}

/** Runs a story; where `again` says how it may end at first, the same command once more. */
export async function playOnce(story: Story & { readonly again?: RegExp }): Promise<World> {
  const world = story.open();
  world.watch();
  const first = await run(world, story);
  if (story.again !== undefined) expect(first).toMatch(story.again);
  expect(story.again === undefined || first === story.ends ? first : await run(world, story)).toMatch(story.ends);
  check(world, story);
  return world;
}

/** Runs a story to its end; then again for each of its changes, killed after it and run again. Returns the changes of the whole run. */
export async function playWithCuts(story: Story): Promise<readonly string[]> {
  const world = story.open();
  world.watch();
  expect(await run(world, story)).toMatch(story.ends);
  check(world, story);
  expect(world.locks()).toEqual([]);
  const total = world.changes.length;
  for (let n = 1; n <= total; n++) {
    const again = story.open();
    again.watch();
    const first = await run(again, story, killedAfter(again.side, n));
    const isOver = again.locks().length === 0; // the last change was made, and only the process's end is missing
    if (first === 'killed' && !isOver) await run(again, story);
    try {
      check(again, story);
    } catch (error) {
      throw new Error(`killed after change ${n}, ${world.changes[n - 1] ?? ''}: ${again.changes.join('; ')}`, { cause: error });
    }
  }
  return world.changes;
}
