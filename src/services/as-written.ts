import { flatOf } from '../lib/flat-lists.ts';
import { whole } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Definition, WrittenLabel } from '../model/snapshot.ts';

/** Returns a function that tells Problems with the names that labels have where they are written: those of a pod's endpoint have no number there. */
export function makeAsWritten(): (definitions: readonly Definition[], problems: readonly Problem[]) => readonly Problem[] {
  const written = flatOf((one: Definition) => (one.writtenAs === undefined ? [] : [one]));
  const writtenIn = whole((definitions: readonly Definition[]) => {
    return new Map<AppId, Definition>(definitions.flatMap((one) => (one.writtenAs === undefined ? [] : [[one.id, one] as const])));
  });
  return (definitions, problems) => {
    const pods = writtenIn(written(definitions));
    if (pods.size === 0) return problems;
    return problems.map((problem) => {
      const pod = problem.owner.by === 'app' ? pods.get(problem.owner.app) : undefined;
      return pod === undefined ? problem : asWritten(pod, problem);
    });
  };
}

/**
 * The Problem with the label's name as it is written in the definition, and where it is; other labels of the same port are told alike. A Problem of the
 * whole pod has the names as they are written already: it is about where they stand.
 */
export function asWritten({ writtenAs = {} }: Pick<Definition, 'writtenAs'>, problem: Problem): Problem {
  const { label, owner } = problem;
  const written = label === undefined ? undefined : writtenAs[label];
  if (label === undefined || written === undefined || owner.by !== 'app' || owner.index === undefined) return problem;
  const [prefix, own] = [prefixOf(label), prefixOf(written.name)];
  const renamed = (text: string): string => text.replaceAll(prefix, own);
  return { ...problem, label: written.name, message: placed(renamed(problem.message), written), hint: renamed(problem.hint) };
}

/** `HAPROXY_2_` of HAPROXY_2_VHOST, `HAPROXY_` of HAPROXY_VHOST. */
function prefixOf(name: string): string {
  return /^HAPROXY_(?:\d{1,3}_)?/.exec(name)?.[0] ?? '';
}

/** Says behind the first mention of the label where it stands. */
function placed(text: string, { name, where }: WrittenLabel): string {
  const end = text.indexOf(name) + name.length;
  return end < name.length ? text : `${text.slice(0, end)} of ${where}${text.slice(end)}`;
}
