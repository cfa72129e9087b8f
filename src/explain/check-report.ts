import { LEFT_OUT_SENTENCES } from '../model/left-out.ts';
import { groupBy } from '../lib/group-by.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { View } from '../model/view.ts';
import { makeLookup } from './lookup.ts';

/** What is wrong with app definitions, or with an operator's templates. The JSON of `check --json`. */
export interface CheckReport {
  readonly ok: boolean;
  readonly haproxy: Looked;
  readonly apps: readonly CheckedApp[];
  /** What is wrong with the operator's templates and flags, and what could not be read as an app. */
  readonly others: readonly Problem[];
  /** What is good to know, and no mistake. */
  readonly notes: readonly string[];
}

/** Whether a real HAProxy was asked. */
export type Looked = { readonly looked: true; readonly version: string } | { readonly looked: false; readonly why: string };

/** One app of a file. */
export interface CheckedApp {
  readonly app: AppId;
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Why ports of it are not served; no mistake by itself. */
  readonly notes: readonly string[];
}

/** What a report is made of. */
export interface Checked {
  /** The apps as they would be served. */
  readonly view: View;
  /** What HAProxy has against them. */
  readonly refused: readonly Problem[];
  readonly haproxy: Looked;
  readonly files: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
  /** What of the files is no app definition. */
  readonly strangers: readonly string[];
}

/** The report on app definitions; `files`: the file of each app by its id. */
export function makeReport({ view, refused, haproxy, files, notes, strangers }: Checked): CheckReport {
  const lookup = makeLookup(view);
  const problems = [...view.problems, ...refused];
  const byApp = groupBy(problems, ({ owner }) => (owner.by === 'app' ? owner.app : undefined));
  const apps = Array.from(files, ([id, file]): CheckedApp => {
    const app = id as AppId;
    const ports = lookup.leftOut(lookup.servedAs(app)).filter(({ task, index }) => task === undefined && index !== undefined);
    return {
      app,
      file,
      problems: byApp.get(app) ?? [],
      notes: ports.map(({ index = 0, why }) => `port ${index} is left out: ${LEFT_OUT_SENTENCES[why]}`),
    };
  });
  const others = [...strangers.map(stranger), ...problems.filter(({ owner }) => owner.by === 'operator' || !files.has(owner.app))];
  return { ok: others.length === 0 && apps.every((one) => one.problems.length === 0), haproxy, apps, others, notes };
}

function stranger(message: string): Problem {
  const hint = 'wanted: an app, a list of apps, a group, or {"apps": [...]}';
  return { code: 'app-not-readable', owner: { by: 'operator' }, message, hint };
}
