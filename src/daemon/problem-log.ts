import type { Logger } from '../lib/logger.ts';
import type { View } from '../model/view.ts';
import type { Problem } from '../model/problem.ts';

/** A consumer that logs each Problem once when it appears, and once when it is gone. */
export function makeProblemLog(log: Pick<Logger, 'info' | 'warn'>): (view: Pick<View, 'problems'>) => void {
  return watchProblems({
    came: (problem) => {
      log.warn(factsOf(problem), problem.message);
    },
    gone: (problem) => {
      log.info(factsOf(problem), 'a problem is gone');
    },
  });
}

/** Who is told of Problems: of each once, when it comes and when it is gone. */
export interface ProblemWatcher {
  readonly came: (problem: Problem) => void;
  readonly gone: (problem: Problem) => void;
}

/** A consumer that tells a watcher which Problems a view has that the one before had not, and the other way round. */
export function watchProblems({ came, gone }: ProblemWatcher): (view: Pick<View, 'problems'>) => void {
  let known: ReadonlyMap<string, Problem> = new Map();
  let last: readonly Problem[] = [];
  return ({ problems }) => {
    if (problems === last) return;
    last = problems;
    const now = new Map(problems.map((problem) => [keyOf(problem), problem]));
    for (const [key, problem] of now) if (!known.has(key)) came(problem);
    for (const [key, problem] of known) if (!now.has(key)) gone(problem);
    known = now;
  };
}

/** Problems that exist at most once and whose numbers change while they last, so their message does not count. */
const LASTING: ReadonlySet<string> = new Set(['losses-held', 'stale'] satisfies readonly Problem['code'][]);

function keyOf({ code, owner, label, message }: Problem): string {
  return [code, owner.by === 'app' ? owner.app : '', label ?? '', LASTING.has(code) ? '' : message].join('\n');
}

function factsOf({ code, owner, label, hint }: Problem) {
  const who = owner.by === 'app' ? { app: owner.app, ...(owner.index !== undefined && { port: owner.index }) } : {};
  return { code, ...who, ...(label !== undefined && { label }), hint };
}
