import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { PortLabels } from './labels.ts';

/** How much of one app is used. The bounds are far above what apps need, and far below what makes HAProxy or the load balancer slow for everybody. */
export const BOUNDS = {
  /** Ports that are served. */
  ports: 100,
  /** Virtual hosts of all ports together. */
  hosts: 1_000,
  /** Paths of all ports together. */
  paths: 500,
  /** Characters of the names and values of all HAPROXY_ labels. */
  labels: 262_144,
  /** Unknown labels, and labels for ports that the app does not have, that are reported one by one. */
  told: 10,
  /** Problems with its definition and labels. */
  problems: 50,
} as const;

interface WithValues {
  readonly values: PortLabels;
}

/** The labels of an app's ports with only the first virtual hosts and paths within the bounds, in order of port index. */
export function withinBounds<Labels extends WithValues>(
  app: AppId,
  ports: readonly Labels[],
): { readonly ports: readonly Labels[]; readonly problems: readonly Problem[] } {
  const asked = { hosts: sum(ports, ({ values }) => values.hosts?.length ?? 0), paths: sum(ports, ({ values }) => pathsOf(values).length) };
  if (asked.hosts <= BOUNDS.hosts && asked.paths <= BOUNDS.paths) return { ports, problems: [] };
  const left = { hosts: BOUNDS.hosts as number, paths: BOUNDS.paths as number };
  const bounded = ports.map((labels) => {
    const { values } = labels;
    const paths = pathsOf(values);
    const keptPaths = paths.slice(0, left.paths);
    // A port without the paths that it asks for would get its hosts as a whole.
    const hosts = paths.length > 0 && keptPaths.length === 0 ? [] : values.hosts?.slice(0, left.hosts);
    left.hosts -= hosts?.length ?? 0;
    left.paths -= keptPaths.length;
    if (hosts?.length === values.hosts?.length && keptPaths.length === paths.length) return labels;
    return { ...labels, values: { ...values, hosts, path: withPaths(values.path, keptPaths) } };
  });
  const problems = (['hosts', 'paths'] as const).flatMap((kind) =>
    asked[kind] > BOUNDS[kind] ? tooMany(app, kind === 'hosts' ? 'virtual hosts' : 'paths', asked[kind], BOUNDS[kind]) : [],
  );
  return { ports: bounded, problems };
}

/** The Problem of an app that has more of something than is used. */
export function tooMany(app: AppId, what: string, found: number, most: number): Problem {
  return {
    code: 'bounds',
    owner: { by: 'app', app },
    message: `the app has ${found} ${what}, and only the first ${most} are used`,
    hint: `split the app into parts with at most ${most} each`,
  };
}

/**
 * The first Problems of an app, all those about bounds, and one that says how many there are in all: each Problem costs log lines and room on the
 * page.
 */
export function firstProblems(app: AppId, problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= BOUNDS.problems) return problems;
  const others = problems.filter(({ code }) => code !== 'bounds').slice(0, BOUNDS.problems);
  const message = `the app has ${problems.length} problems, and only the first ${BOUNDS.problems} are told`;
  const more: Problem = { code: 'bounds', owner: { by: 'app', app }, message, hint: 'mend these first; then the next ones are told' };
  return [...others, ...problems.filter(({ code }) => code === 'bounds'), more];
}

/** The paths of HAPROXY_n_PATH without the flag -i. */
function pathsOf({ path }: PortLabels): readonly string[] {
  return path === undefined ? [] : path.split(' ').filter((word) => word.startsWith('/'));
}

function withPaths(path: string | undefined, paths: readonly string[]): string | undefined {
  if (path === undefined) return undefined;
  return [...(path.startsWith('-i ') ? ['-i'] : []), ...paths].join(' ');
}

function sum<Element>(list: readonly Element[], of: (element: Element) => number): number {
  return list.reduce((total, element) => total + of(element), 0);
}
