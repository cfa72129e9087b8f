import { DeployError, EXIT } from './deploy-error.ts';
import type { Group, Server } from './shapes.ts';
import { sortBalancers } from './sight.ts';
import type { Balancer } from './shapes.ts';

/** One condition on the new colour: `errors<1%`, `mean<200ms` or `p95<300ms`. */
export interface Limit {
  readonly what: 'errors' | 'mean' | 'p95';
  readonly below: number;
  readonly text: string;
}

/** Reads the text of --analysis. Throws a DeployError that says what is wanted. */
export function readLimits(text: string): readonly Limit[] {
  return text.split(',').map((part) => {
    const [, what, number, unit] = /^\s*(errors|mean|p95)\s*<\s*(\d+(?:\.\d+)?)\s*(%|ms)\s*$/.exec(part) ?? [];
    if (what === undefined || (what === 'errors') !== (unit === '%'))
      throw new DeployError(
        `--analysis '${part.trim()}' can't be read: 'errors<1%', 'mean<200ms' or 'p95<300ms' is wanted`,
        EXIT.unexpected,
      );
    return { what: what as Limit['what'], below: Number(number), text: part.trim() };
  });
}

/** So many requests are needed before a colour is judged. */
const FEWEST = 20;

interface Figures {
  readonly requests: number;
  readonly errors: number;
  /** The mean answer times of the servers, in milliseconds, as each look found them. */
  readonly times: readonly number[];
}

/**
 * Judges the new colour by HAProxy's own figures. HAProxy keeps averages, so `p95` is taken over the averages of all servers and all looks so far. A
 * limit that the old colour does not hold either says nothing against the new one.
 */
export function makeAnalysis(limits: readonly Limit[]): (group: Group, balancers: readonly Balancer[]) => string | undefined {
  const times = new Map<string, number[]>();
  return (group, balancers) => {
    const [old, young] = group.apps;
    if (old === undefined || young === undefined) return undefined;
    const { answered } = sortBalancers(balancers);
    const serversOf = (app: typeof old): readonly Server[] =>
      answered.flatMap(({ servers }) => app.tasks.flatMap(({ id }) => servers.get(id) ?? []));
    const figuresOf = (app: typeof old): Figures => {
      const servers = serversOf(app);
      const known = times.get(app.id) ?? [];
      known.push(...servers.filter(({ requests }) => requests > 0).map(({ answerMs }) => answerMs));
      times.set(app.id, known.slice(-10_000));
      const sum = (key: 'requests' | 'errors'): number => servers.reduce((all, one) => all + one[key], 0);
      return { requests: sum('requests'), errors: sum('errors'), times: known };
    };
    const [before, after] = [figuresOf(old), figuresOf(young)];
    if (after.requests < FEWEST) return undefined;
    const broken = limits.find(
      (limit) => valueOf(limit, after) >= limit.below && (before.requests < FEWEST || valueOf(limit, before) < limit.below),
    );
    if (broken === undefined) return undefined;
    const [now, was] = [after, before].map((figures) => Math.round(valueOf(broken, figures) * 100) / 100);
    return `the analysis wants ${broken.text}, but ${young.id} has ${now ?? 0} in ${after.requests} requests, and ${old.id} ${was ?? 0}`;
  };
}

function valueOf({ what }: Limit, { requests, errors, times }: Figures): number {
  if (what === 'errors') return requests === 0 ? 0 : (100 * errors) / requests;
  if (times.length === 0) return 0;
  if (what === 'mean') return times.reduce((sum, time) => sum + time, 0) / times.length;
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? 0;
}
