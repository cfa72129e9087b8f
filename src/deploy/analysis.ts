import { DeployError, EXIT } from './deploy-error.ts';
import type { Balancer, Colour, Group } from './shapes.ts';
import { makeTally, type ColourFigures } from './tally.ts';

/** One condition on the new colour: `errors<1%`, `mean<200ms` or `p95<300ms`. */
export interface AnalysisLimit {
  readonly what: 'errors' | 'mean' | 'p95';
  /** A percentage for `errors`, milliseconds for the answer times. */
  readonly below: number;
  readonly text: string;
}

const WANTED = "'errors<1%', 'mean<200ms' or 'p95<0.3s' is wanted, or several of them with commas between";

/** Reads the text of --analysis. Throws a DeployError that says what is wanted. */
export function readLimits(text: string): readonly AnalysisLimit[] {
  return text.split(',').map(readLimit);
}

function readLimit(part: string): AnalysisLimit {
  const [, what, number = '', unit] = /^\s*(errors|mean|p95)\s*<\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%|ms|s)\s*$/.exec(part) ?? [];
  const below = Number(number) * (unit === 's' ? 1000 : 1);
  const why = what === undefined ? WANTED : refusal({ what, unit, below });
  if (why !== undefined) throw new DeployError(`--analysis '${part.trim()}' can't be read: ${why}`, EXIT.unexpected);
  return { what: what as AnalysisLimit['what'], below, text: part.trim() };
}

interface Parsed {
  readonly what: string;
  readonly unit: string | undefined;
  readonly below: number;
}

/** Why a limit is none: its unit is of something else, no colour could hold it, or none could break it. */
function refusal({ what, unit, below }: Parsed): string | undefined {
  if (what === 'errors' && unit !== '%') return 'errors is a percentage of the requests, as in errors<1%';
  if (what !== 'errors' && unit === '%') return `${what} is a time in ms or s, as in ${what}<300ms`;
  if (below === 0) return 'nothing is less than 0, so every version would be taken back';
  return what === 'errors' && below > 100 ? 'more than 100% of the requests never fail' : undefined;
}

/** So many requests are needed before a colour is judged. */
const FEWEST = 20;

/** Judges a deployment by HAProxy's own figures, look by look. */
export interface Analysis {
  /** What the figures say against the new colour; undefined when nothing, or when there were too few requests to say. */
  readonly judge: (group: Group, balancers: readonly Balancer[]) => string | undefined;
  /** What a person should know of the analysis once the new colour has everything; undefined when it judged. */
  readonly doubt: () => string | undefined;
}

/**
 * Compares the new colour with limits, and with the old one: a limit that the old colour does not hold either says nothing against the new one. All
 * counts are those since the run began, because the old colour may have served for months. HAProxy keeps averages of answer times, so `p95` is taken
 * over the averages of all servers at all looks, each with as many requests as were new at that look.
 */
export function makeAnalysis(limits: readonly AnalysisLimit[]): Analysis {
  const tallies = { old: makeTally({ countsFirst: false }), young: makeTally({ countsFirst: true }) };
  let judged = { id: '', requests: 0 };
  return {
    judge: ({ apps: [old, young] }, balancers) => {
      if (old === undefined || young === undefined) return undefined;
      const before = { app: old, figures: tallies.old(old, balancers) };
      const after = { app: young, figures: tallies.young(young, balancers) };
      judged = { id: young.id, requests: after.figures.requests };
      if (after.figures.requests < FEWEST) return undefined;
      const broken = limits.find((limit) => breaks(limit, after.figures) && !isBrokenByBoth(limit, before.figures));
      return broken === undefined ? undefined : verdict(broken, { before, after });
    },
    doubt: () =>
      judged.requests >= FEWEST
        ? undefined
        : `the analysis judged nothing: ${judged.id} had ${judged.requests} requests during the deployment, and ${FEWEST} are needed`,
  };
}

function breaks(limit: AnalysisLimit, figures: ColourFigures): boolean {
  return valueOf(limit, figures) >= limit.below;
}

function isBrokenByBoth(limit: AnalysisLimit, before: ColourFigures): boolean {
  return before.requests >= FEWEST && breaks(limit, before);
}

interface JudgedColour {
  readonly app: Colour;
  readonly figures: ColourFigures;
}

function verdict(limit: AnalysisLimit, { before, after }: { readonly before: JudgedColour; readonly after: JudgedColour }): string {
  const unit = limit.what === 'errors' ? '%' : ' ms';
  const value = (figures: ColourFigures): string =>
    `${Math.round(valueOf(limit, figures) * 100) / 100}${unit} in ${figures.requests} requests`;
  const word = limit.what === 'errors' ? 'errors' : `a ${limit.what}`;
  return `the analysis wants ${limit.text}: ${after.app.id} has ${word} of ${value(after.figures)}, and ${before.app.id} of ${value(before.figures)}`;
}

function valueOf({ what }: AnalysisLimit, { requests, errors, times }: ColourFigures): number {
  if (what === 'errors') return requests === 0 ? 0 : (100 * errors) / requests;
  const all = times.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) return 0;
  if (what === 'mean') return times.reduce((sum, { ms, weight }) => sum + ms * weight, 0) / all;
  let seen = 0;
  const sorted = [...times].sort((a, b) => a.ms - b.ms);
  return sorted.find(({ weight }) => (seen += weight) >= all * 0.95)?.ms ?? 0;
}
