import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import { makeAbsorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, filesOf, makeDeriver } from '../golden/cases.ts';
import { tasksOf } from './cluster.ts';
import { STEPS, World, type Step } from './world.ts';

const step = fc.record<Step>({ kind: fc.constantFrom(...STEPS), pick: fc.nat(30), choice: fc.nat(30) });
const begun: readonly Step[] = ['/a', '/b', '/blue'].map((_, pick) => ({ kind: 'create', pick, choice: pick }));

/** A daemon that lives through what is told, and sees to it that no task serves of which it was told that it has ended. */
function makeDaemon(massRemovalHoldMs: number) {
  const derive = makeDeriver();
  const absorb = makeAbsorb({ massRemovalHoldMs });
  const ended = new Set<string>();
  let state = EMPTY;
  let view: View | undefined;
  return {
    hear: ({ news, ended: task }: NonNullable<ReturnType<World['step']>>): void => {
      if (task !== undefined) ended.add(task);
      state = absorb(state, news);
      view = derive(state);
      if (view !== undefined) expect(tasksOf(view).filter((id) => ended.has(id))).toEqual([]);
    },
    /** HAProxy runs what the view wants. */
    applied: (): void => {
      if (view !== undefined) state = absorb(state, { kind: 'serving', at: 0, holders: view.holders });
    },
    now: () => ({ state, view }),
  };
}

/** A daemon after all these steps, and the world at rest. */
function live(steps: readonly Step[], massRemovalHoldMs: number) {
  const [world, daemon] = [new World(), makeDaemon(massRemovalHoldMs)];
  for (const one of [...begun, ...steps]) {
    const told = world.step(one);
    if (told !== undefined) daemon.hear(told);
    else if (one.kind === 'apply') daemon.applied();
  }
  for (const told of world.rest()) daemon.hear(told);
  return { world, daemon };
}

type Lived = ReturnType<typeof live>;

/** What a daemon has that is started now, and only reads this. */
function fresh({ daemon }: Lived, read: News): ReadonlyMap<string, string> | undefined {
  const { holders } = daemon.now().state;
  const view = makeDeriver()(makeAbsorb({ massRemovalHoldMs: 0 })({ ...EMPTY, holders }, read));
  return view && filesOf(view);
}

const history = fc.array(step, { minLength: 20, maxLength: 120, size: 'max' });

test('whatever comes late, twice, out of order or not at all: no ended task serves again, and at rest all is as after a fresh start', () => {
  const property = fc.property(history, (steps) => {
    const lived = live(steps, 0);
    const last = lived.world.lastRead();
    const start = fresh(lived, last);
    for (let i = 0; i < 2; i++) {
      lived.daemon.hear({ news: last });
      const { state, view } = lived.daemon.now();
      expect(view && filesOf(view)).toEqual(start);
      expect([state.told.size, state.touched.size]).toEqual([0, 0]);
    }
  });
  fc.assert(property, { numRuns: 150 });
}, 60_000);

test('with the guard on no ended task serves again either, and all is as after a fresh start once reads have agreed for long enough', () => {
  const property = fc.property(history, (steps) => {
    const lived = live(steps, 30_000);
    const { world, daemon } = lived;
    daemon.hear({ news: world.lastRead() });
    const last = world.lastRead(30_000);
    daemon.hear({ news: last });
    const { state, view } = daemon.now();
    expect(view && filesOf(view)).toEqual(fresh(lived, last));
    expect(state.held).toBeUndefined();
  });
  fc.assert(property, { numRuns: 150 });
}, 60_000);
