import { byText } from '../../lib/lists.ts';
import type { Problem } from '../../model/problem.ts';
import type { NamedApp } from './app-tasks.ts';
import type { Directory } from './directory.ts';
import type { NameSuffixes } from './name-suffixes.ts';

/** The Problems with the apps' DNS names, sorted by app. Apps without running tasks cause none. */
export function nameProblems({ apps, byStem }: Pick<Directory, 'apps' | 'byStem'>, places: NameSuffixes): readonly Problem[] {
  const left = apps().flatMap((app) => leftOut(app) ?? []);
  const shared = [...byStem.shared].flatMap((stem) => sharing(stem, byStem.of(stem), places) ?? []);
  return [...left, ...shared].sort((one, other) => byText(ownerOf(one), ownerOf(other)) || byText(one.message, other.message));
}

function ownerOf({ owner }: Problem): string {
  return owner.by === 'app' ? owner.app : '';
}

function leftOut({ id, stems, tasks, unfit }: NamedApp): Problem | undefined {
  const message = stems.dcos.length === 0 ? 'no DNS name can be made from its id, because the id has no letter and no digit' : unfit;
  if (message === undefined || tasks.length === 0) return undefined;
  const hint = 'give the app an id of letters, digits and dashes with at most 54 characters: then all names made from it are answered';
  return { code: 'dns-name', owner: { by: 'app', app: id }, message, hint };
}

/**
 * The Problem for apps that share a stem, and therefore a name in one place; undefined when they share no name. The last app by id owns the Problem.
 */
function sharing(stem: string, apps: readonly NamedApp[], { all }: NameSuffixes): Problem | undefined {
  for (const { bit, name } of all) {
    const ids = apps.filter((app) => ((app.places[indexOf(app, stem)] ?? 0) & bit) !== 0).map(({ id }) => id);
    const last = ids.sort(byText).at(-1);
    if (last === undefined || ids.length < 2) continue;
    const others = ids.slice(0, -1);
    const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
    return {
      code: 'dns-name-shared',
      owner: { by: 'app', app: last },
      message: `the DNS name ${stem}.${name} is also that of ${others.slice(0, 3).join(', ')}${more}, and leads to the tasks of all of them`,
      hint: 'give one of the apps another id, or ask for a name that only one of them has',
    };
  }
  return undefined;
}

function indexOf({ stems }: NamedApp, stem: string): number {
  return stems.all.findIndex(({ text }) => text === stem);
}
