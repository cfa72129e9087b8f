import { expect, test } from '@jest/globals';
import { makeAbsorb } from '../../src/snapshot/absorb.ts';
import { filesOf } from '../golden/cases.ts';
import { eventAt, goneAt, nginx, readAt, Story, task, tasksOf, type Json } from './cluster.ts';

const guarded = makeAbsorb({ massRemovalHoldMs: 30_000 });
const SECOND = 1_000;

/** Thirty apps of two tasks. */
const ESTATE: readonly Json[] = Array.from({ length: 30 }, (_, a) =>
  nginx([task(2 * a), task(2 * a + 1)], { id: `/shop-${a}`, labels: { HAPROXY_GROUP: 'external', HAPROXY_0_PORT: String(10_000 + a) } }),
);

test('a Marathon that has not loaded its apps yet answers with an empty list: nothing is taken out', () => {
  const story = Story.begin({}, guarded);
  const before = story.tell(readAt(0, ...ESTATE));
  for (const at of [10, 20, 30]) {
    const view = story.tell(readAt(at * SECOND));
    expect([view.document, tasksOf(view).length]).toEqual([before.document, 60]);
  }
  const after = story.tell(readAt(35 * SECOND, ...ESTATE));
  expect([filesOf(after), story.state.held]).toEqual([filesOf(before), undefined]);
});

test('everything was removed while nobody heard: it goes when Marathon has said so for half a minute', () => {
  const story = Story.begin({}, guarded);
  story.tell(readAt(0, ...ESTATE));
  const [fresh] = ESTATE.slice(0, 1);
  const alone = Story.begin();
  for (const at of [10, 20, 30]) expect(tasksOf(story.tell(readAt(at * SECOND, fresh as Json)))).toHaveLength(60);
  expect(filesOf(story.tell(readAt(40 * SECOND, fresh as Json)))).toEqual(filesOf(alone.tell(readAt(0, fresh as Json))));
});

test('events go on for what is held: who is killed serves no more, an app that is removed is gone', () => {
  const story = Story.begin({}, guarded);
  story.tell(readAt(0, ...ESTATE), readAt(10 * SECOND));
  const killed = story.tell(eventAt(11 * SECOND, 'TASK_KILLED', task(0), '/shop-0'));
  expect(tasksOf(killed)).toHaveLength(59);
  const gone = story.tell(goneAt(12 * SECOND, '/shop-1'));
  expect(tasksOf(gone)).toHaveLength(57);
  expect(story.state.held).toMatchObject({ losses: 57, of: 60 });
  expect(tasksOf(story.tell(eventAt(13 * SECOND, 'TASK_RUNNING', task(99), '/shop-2')))).toHaveLength(58);
});

test('all tasks of a large app are killed one by one, as events tell: nothing is held', () => {
  const story = Story.begin({}, guarded);
  const all = Array.from({ length: 50 }, (_, n) => task(n));
  story.tell(readAt(0, nginx(all)));
  for (const one of all) story.tell(eventAt(SECOND, 'TASK_KILLED', one));
  expect(tasksOf(story.tell(readAt(2 * SECOND, nginx([], { instances: 50 }))))).toEqual([]);
  expect(story.state.held).toBeUndefined();
});

test('two leaders after an election: what the old one still answers, nothing or what was, brings nobody down and nobody back', () => {
  const story = Story.begin({}, guarded);
  const [first, ...others] = ESTATE;
  const now = [nginx([task(1)], { ...first, instances: 1, tasks: [task(1)] }), ...others];
  const before = story.tell(readAt(0, ...ESTATE), eventAt(SECOND, 'TASK_KILLED', task(0), '/shop-0'));
  expect(tasksOf(before)).toHaveLength(59);
  const answers = { none: [], old: ESTATE, new: now };
  for (const [i, leader] of (['none', 'new', 'old', 'none', 'old', 'new', 'none', 'none', 'old', 'new'] as const).entries()) {
    const view = story.tell(readAt((10 + 2 * i) * SECOND, ...answers[leader]));
    expect([leader, i, tasksOf(view).length]).toEqual([leader, i, 59]);
    expect(view.problems.map(({ code }) => code)).toEqual(leader === 'none' ? ['losses-held'] : []);
  }
});
