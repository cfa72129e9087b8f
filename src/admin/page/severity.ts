import type { Problem, ProblemCode } from '../../model/problem.ts';

/** How bad a Problem is. `critical`: all apps may be concerned. `serious`: an app is not served, or not as it asks. `minor`: everything is served. */
export type Severity = 'critical' | 'serious' | 'minor';

const SEVERITIES = {
  stale: 'critical',
  'losses-held': 'critical',
  'ports-exhausted': 'critical',
  template: 'critical',
  'refused-by-haproxy': 'serious',
  'app-not-readable': 'serious',
  'port-conflict': 'serious',
  'route-conflict': 'serious',
  certificate: 'serious',
  file: 'serious',
  'template-denied': 'serious',
  'deployment-group': 'serious',
  'domain-denied': 'serious',
  'name-unresolved': 'serious',
  bounds: 'serious',
  'label-value': 'serious',
  'label-conflict': 'serious',
  'health-check': 'minor',
  'label-unknown': 'minor',
  shadowed: 'minor',
  http3: 'minor',
  'dns-name': 'minor',
  'dns-name-shared': 'minor',
} as const satisfies Record<ProblemCode, Severity>;

const ORDER: readonly Severity[] = ['critical', 'serious', 'minor'];

/** How bad a Problem is: what the operator alone can mend is the worst, whatever it is. A code of a newer daemon is serious. */
export function severityOf({ code, owner }: Pick<Problem, 'code' | 'owner'>): Severity {
  const severity = new Map<string, Severity>(Object.entries(SEVERITIES)).get(code) ?? 'serious';
  return owner.by === 'operator' && severity !== 'minor' ? 'critical' : severity;
}

/** Worst first; of the same kind, by app. */
export function worstFirst(problems: readonly Problem[]): readonly Problem[] {
  const keyed = problems.map((problem) => ({ problem, rank: ORDER.indexOf(severityOf(problem)), who: whoOf(problem) }));
  return keyed.sort((a, b) => a.rank - b.rank || a.who.localeCompare(b.who)).map(({ problem }) => problem);
}

/** The app that a Problem is of; empty for the operator. */
function whoOf({ owner }: Problem): string {
  return owner.by === 'app' ? owner.app : '';
}

/** What makes two Problems the same. */
export function problemKey({ code, owner, label, message }: Problem): string {
  return JSON.stringify([code, owner, label, code === 'stale' || code === 'losses-held' ? '' : message]);
}
