import type { Problem } from '../model/problem.ts';
import type { State } from './state.ts';
import type { Held, Unread } from '../model/held.ts';

/** What is wrong with what Marathon says, or does not say. Texts stay the same as long as nothing changes but the time. */
export function marathonProblems({ held, staleSince, unread }: Pick<State, 'held' | 'staleSince' | 'unread'>): readonly Problem[] {
  return [
    ...(staleSince === undefined ? [] : [stale(`since this start: what serves is what was known at ${time(staleSince)}`)]),
    ...(unread === undefined ? [] : [stale(sinceThen(unread))]),
    ...(held === undefined ? [] : [lossesHeld(held)]),
  ];
}

function sinceThen({ since, known }: Unread): string {
  return `since ${time(since)}: what serves is what was known at ${time(known)}, and what events and reads of single apps have told since`;
}

function lossesHeld({ losses, of, since, until }: Held): Problem {
  return {
    code: 'losses-held',
    owner: { by: 'operator' },
    message: `since ${time(since)} Marathon's answers lack ${losses} of ${of} tasks that served, and no event, scaling or deployment explains it: they serve on until ${time(until)}, and are taken out when an answer then still says so`,
    hint: 'if they are to go there is nothing to do, or --mass-removal-hold to shorten (0: nothing is held); if not, look at what Marathon answers under /v2/apps',
  };
}

function stale(since: string): Problem {
  return {
    code: 'stale',
    owner: { by: 'operator' },
    message: `Marathon could not be read ${since}`,
    hint: 'the log says why Marathon can not be read; it is tried again until it can',
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
