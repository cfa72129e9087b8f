import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY } from '../golden/cases.ts';
import { appAt, eventAt, nginx, readAt, Story, task, tasksOf } from './cluster.ts';

const FIRST = Date.parse('2026-01-02T03:04:05.000Z');
const unread = (since: number): News => ({ kind: 'unread', at: since + 60_000, since });

test('a Marathon that can not be read for a while: it is told once, with fixed times, and is over with the next read', () => {
  const story = Story.begin();
  story.tell(readAt(FIRST, nginx([task(1), task(2)])));
  const stale = story.tell(unread(FIRST + 300_000));
  expect(stale.problems).toEqual([
    {
      code: 'stale',
      owner: { by: 'operator' },
      message:
        'Marathon could not be read since 2026-01-02T03:09:05.000Z: what was known at 2026-01-02T03:04:05.000Z is served, with the changes from events and reads of single apps since then',
      hint: "the log says why Marathon can't be read; the read is repeated until it succeeds",
    },
  ]);
  expect(story.tell(unread(FIRST + 300_000))).toBe(stale);
  const after = story.tell(eventAt(FIRST + 400_000, 'TASK_KILLED', task(1)), appAt(FIRST + 500_000, nginx([task(2), task(3)])));
  expect([tasksOf(after), after.problems]).toEqual([['nginx.0002', 'nginx.0003'], stale.problems]);
  expect(story.tell(readAt(FIRST + 600_000, nginx([task(2)]))).problems).toEqual([]);
});

test.each<[string, readonly News[]]>([
  ['before the first read there is nothing that could be stale', [unread(FIRST)]],
  ['a read that was sent later has succeeded', [readAt(FIRST + 1, nginx([])), unread(FIRST)]],
])('%s', (_, news) => {
  const before = news.slice(0, -1).reduce(absorb, EMPTY);
  expect(news.slice(-1).reduce(absorb, before)).toBe(before);
});
