import type { Logger } from '../lib/logger.ts';
import type { View } from '../model/view.ts';
import type { Problem } from '../model/problem.ts';

/** A consumer that logs each Problem once when it appears, and once when it is gone. */
export function makeProblemLog(log: Pick<Logger, 'info' | 'warn'>): (view: Pick<View, 'problems'>) => void {
  let known: ReadonlyMap<string, Problem> = new Map();
  return ({ problems }) => {
    const now = new Map(problems.map((problem) => [keyOf(problem), problem]));
    for (const [key, problem] of now) if (!known.has(key)) log.warn(factsOf(problem), problem.message);
    for (const [key, problem] of known) if (!now.has(key)) log.info(factsOf(problem), 'a problem is gone');
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
