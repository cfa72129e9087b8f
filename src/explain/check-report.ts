import { LEFT_OUT_SENTENCES } from '../model/left-out.ts';
import { groupBy } from '../lib/group-by.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Definition } from '../model/snapshot.ts';
import type { View } from '../model/view.ts';
import { makeLookup } from './view-lookup.ts';

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
  /** The groups of the load balancer, as --group. */
  readonly groups: readonly string[];
  /** What of the files is no app definition. */
  readonly strangers: readonly string[];
}

/** The report on app definitions; `files`: the file of each app by its id. */
export function makeReport({ view, refused, haproxy, files, notes, groups, strangers }: Checked): CheckReport {
  const lookup = makeLookup(view);
  const problems = [...view.problems, ...refused].map(asOfFile);
  const byApp = groupBy(problems, ({ owner }) => (owner.by === 'app' ? owner.app : undefined));
  const apps = Array.from(files, ([id, file]): CheckedApp => {
    const app = id as AppId;
    const found = lookup.app(app)?.definition;
    const ports = lookup.leftOut(lookup.servedAs(app)).filter(({ task, index }) => task === undefined && index !== undefined);
    return {
      app,
      file,
      problems: byApp.get(app) ?? [],
      notes: [
        ...ports.map(
          ({ index = 0, why }) => `port ${index} is left out: ${why === 'group' ? notIn(groups, found, index) : LEFT_OUT_SENTENCES[why]}`,
        ),
        ...(groups.includes('*') && found !== undefined && isInNoGroup(found) ? [IN_NO_GROUP] : []),
      ],
    };
  });
  const others = [...strangers.map(stranger), ...problems.filter(({ owner }) => owner.by === 'operator' || !files.has(owner.app))];
  return { ok: others.length === 0 && apps.every((one) => one.problems.length === 0), haproxy, apps, others, notes };
}

/** A Problem of a definition that Marathon has not seen yet. */
function asOfFile(problem: Problem): Problem {
  return problem.code === 'app-not-readable' ? { ...problem, hint: 'mend the definition: Marathon would refuse it too' } : problem;
}

const IN_NO_GROUP = "it has no label HAPROXY_GROUP, so only a load balancer with --group '*' serves it";

function isInNoGroup({ labels }: Definition): boolean {
  return !Object.keys(labels).some((name) => /^HAPROXY_(\d+_)?GROUP$/.test(name));
}

/** Why a port is in none of the groups, with what its labels say. */
function notIn(groups: readonly string[], definition: Definition | undefined, index: number): string {
  const { labels = {} } = definition ?? {};
  const name = [`HAPROXY_${index}_GROUP`, 'HAPROXY_GROUP'].find((one) => labels[one] !== undefined);
  const found = name === undefined ? 'it has no label HAPROXY_GROUP' : `${name} is ${JSON.stringify(labels[name])}`;
  return `${found}, and the load balancer takes ${groups.map((group) => JSON.stringify(group)).join(', ')}`;
}

function stranger(message: string): Problem {
  const hint = 'wanted: an app, a list of apps, a group, or {"apps": [...]}';
  return { code: 'app-not-readable', owner: { by: 'operator' }, message, hint };
}
