import type { Problem } from '../model/problem.ts';
import type { State } from './state.ts';
import type { Held, Unread } from '../model/held.ts';

/** The Problems with what Marathon says or fails to say. Their texts do not change while only time passes. */
export function marathonProblems({ held, staleSince, unread }: Pick<State, 'held' | 'staleSince' | 'unread'>): readonly Problem[] {
  return [
    ...(staleSince === undefined ? [] : [stale(`since this start: what was known at ${time(staleSince)} is served`)]),
    ...(unread === undefined ? [] : [stale(sinceThen(unread))]),
    ...(held === undefined ? [] : [lossesHeld(held)]),
  ];
}

function sinceThen({ since, known }: Unread): string {
  return `since ${time(since)}: what was known at ${time(known)} is served, with the changes from events and reads of single apps since then`;
}

function lossesHeld({ losses, of, since, until }: Held): Problem {
  return {
    code: 'losses-held',
    owner: { by: 'operator' },
    message: `since ${time(since)} Marathon's answers lack ${losses} of ${of} tasks that served, and no event, scaling or deployment explains the loss: the tasks stay in service until ${time(until)}, and are taken out when Marathon still lacks them then`,
    hint: 'if the tasks are meant to go, wait or shorten --mass-removal-hold (0: nothing is held); if not, look at what Marathon answers under /v2/apps',
  };
}

function stale(since: string): Problem {
  return {
    code: 'stale',
    owner: { by: 'operator' },
    message: `Marathon could not be read ${since}`,
    hint: "the log says why Marathon can't be read; the read is repeated until it succeeds",
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
