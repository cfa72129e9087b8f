import { now as steadyNow, type Now } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { View } from '../model/view.ts';
import type { Problem } from '../model/problem.ts';

/** So many lines are logged of one app's Problems in so many milliseconds: a tool that changes a label again and again must not fill the disk. */
const MOST_LINES = 200;
const PERIOD_MS = 60_000;

/**
 * A consumer that logs each Problem once when it appears, and once when it is gone, with the words that it had. One that goes on with other words is
 * not gone: the new words alone are logged. Of an app whose Problems come and go all the time, a part of them is logged, and that this is so.
 */
export function makeProblemLog(log: Pick<Logger, 'info' | 'warn'>, now: Now = steadyNow): (view: Pick<View, 'problems'>) => void {
  const lines = new Map<string, number>();
  let until = -Infinity;
  const within = (problem: Problem, write: () => void): void => {
    const { owner } = problem;
    if (owner.by !== 'app') {
      write();
      return;
    }
    if (now() >= until) {
      lines.clear();
      until = now() + PERIOD_MS;
    }
    const count = (lines.get(owner.app) ?? 0) + 1;
    lines.set(owner.app, count);
    if (count <= MOST_LINES) write();
    else if (count === MOST_LINES + 1) log.warn({ app: owner.app }, MANY);
  };
  return watchProblems({
    came: (problem) => {
      within(problem, () => {
        log.warn(factsOf(problem), problem.message);
      });
    },
    gone: (problem, goesOn) => {
      if (goesOn) return;
      within(problem, () => {
        log.info({ ...factsOf(problem), was: problem.message }, 'a problem is gone');
      });
    },
  });
}

const MANY = `the app's problems come and go more often than ${MOST_LINES} times a minute, so the others of this minute are not logged; 'marathon-lb-ts status' and the status page show what is wrong now`;

/** Who is told of Problems: of each once, when it comes and when it is gone. */
export interface ProblemWatcher {
  readonly came: (problem: Problem) => void;
  /** `goesOn`: whether a Problem with other words has come in its place, for the same port and label. */
  readonly gone: (problem: Problem, goesOn: boolean) => void;
}

/** A consumer that tells a watcher which Problems have come with a view, and which have gone. */
export function watchProblems({ came, gone }: ProblemWatcher): (view: Pick<View, 'problems'>) => void {
  let known: ReadonlyMap<string, Problem> = new Map();
  let last: readonly Problem[] = [];
  return ({ problems }) => {
    if (problems === last) return;
    last = problems;
    const now = new Map(problems.map((problem) => [keyOf(problem), problem]));
    for (const [key, problem] of now) if (!known.has(key)) came(problem);
    const matters = new Set(problems.map(matterOf));
    for (const [key, problem] of known) if (!now.has(key)) gone(problem, matters.has(matterOf(problem)));
    known = now;
  };
}

/** Problems that exist at most once and whose numbers change while they last, so their message does not count. */
const LASTING: ReadonlySet<string> = new Set(['losses-held', 'stale'] satisfies readonly Problem['code'][]);

function keyOf({ code, owner, label, message }: Problem): string {
  return [code, owner.by === 'app' ? owner.app : '', label ?? '', LASTING.has(code) ? '' : message].join('\n');
}

/** What a Problem is about, whatever it says of it. */
function matterOf({ code, owner, label }: Problem): string {
  return [code, ...(owner.by === 'app' ? [owner.app, owner.index ?? ''] : []), label ?? ''].join('\n');
}

function factsOf({ code, owner, label, hint }: Problem) {
  const who = owner.by === 'app' ? { app: owner.app, ...(owner.index !== undefined && { port: owner.index }) } : {};
  return { code, ...who, ...(label !== undefined && { label }), hint };
}
