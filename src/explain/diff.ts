import { groupBy } from '../lib/group-by.ts';
import type { Document, Plan, Reason } from '../model/document.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { View } from '../model/view.ts';
import type { Looked } from './check-report.ts';
import { diffBackends, type BackendDiff } from './diff-backends.ts';
import { diffRoutes, type RouteDiff } from './diff-routes.ts';

/** What would change. The JSON of `diff --json`. */
export interface DiffReport {
  readonly same: boolean;
  /** The file that the new configuration is compared with. */
  readonly against: string;
  readonly apps: readonly AppDiff[];
  /** Lines that are different in many backends in the same way, told once. */
  readonly common: readonly CommonDiff[];
  /** How HAProxy would be brought there; null where the file is not one that our HAProxy runs. */
  readonly plan: { readonly commands: readonly Reason[]; readonly reload: readonly Reason[] } | null;
  readonly problems: readonly Problem[];
  /** Where it is known from who holds what and what HAProxy has refused: the daemon that runs, the folder in which the last one kept it, or nowhere. */
  readonly known: KnownFrom;
  /** Whether a HAProxy was asked what it refuses. */
  readonly haproxy: Looked;
}

/** Where the record of holders and refusals comes from. */
export type KnownFrom = 'daemon' | 'state-dir' | 'nowhere';

/** What is different for one app. */
export interface AppDiff {
  /** Null for backends that no app has now. */
  readonly app: AppId | null;
  readonly backends: readonly BackendDiff[];
  readonly routes: readonly RouteDiff[];
}

/** The same difference in many backends. */
export interface CommonDiff {
  readonly backends: readonly string[];
  readonly linesAdded: readonly string[];
  readonly linesRemoved: readonly string[];
}

/** What is compared. */
export interface DiffSides {
  readonly before: Document;
  readonly view: View;
  readonly against: string;
  /** None where the file is not one that our HAProxy runs. */
  readonly plan: Plan | undefined;
  readonly known: KnownFrom;
  readonly haproxy: Looked;
}

/** A difference that so many backends have is told once. */
const MANY = 3;

/** What would change from a document to that of a View, by app. */
export function makeDiff({ before, view, against, plan, known, haproxy }: DiffSides): DiffReport {
  const { common, backends } = withoutCommon(diffBackends(before, view.document));
  const routes = diffRoutes(before, view.document);
  const owners = new Map<string, AppId>([...view.services, ...view.shut].map(({ front }) => [front.name, front.author ?? front.app]));
  const ownerOf = (name: string | null): AppId | null => (name === null ? null : (owners.get(name) ?? null));
  const byApp = groupBy(backends, ({ backend }) => ownerOf(backend));
  const routesByApp = groupBy(routes, ({ backendAfter, backendBefore }) => ownerOf(backendAfter) ?? ownerOf(backendBefore));
  const ids = [...new Set([...byApp.keys(), ...routesByApp.keys()])].sort((a, b) => ((a ?? '~') < (b ?? '~') ? -1 : 1));
  const apps = ids.map((app): AppDiff => ({ app, backends: byApp.get(app) ?? [], routes: routesByApp.get(app) ?? [] }));
  const steps = plan && { commands: uniqueReasons(plan.commands.map(({ reason }) => reason)), reload: plan.reload };
  return {
    same: apps.length === 0 && common.length === 0 && (steps === undefined || steps.commands.length + steps.reload.length === 0),
    against,
    apps,
    common,
    plan: steps ?? null,
    problems: view.problems,
    known,
    haproxy,
  };
}

/** Backends whose only difference is one that many have are left to `common`; others are told without it. */
function withoutCommon(all: readonly BackendDiff[]): { readonly common: readonly CommonDiff[]; readonly backends: readonly BackendDiff[] } {
  const keyOf = ({ linesAdded, linesRemoved }: BackendDiff): string => JSON.stringify([linesAdded, linesRemoved]);
  const withLines = all.filter(({ linesAdded, linesRemoved }) => linesAdded.length + linesRemoved.length > 0);
  const many = new Map([...groupBy(withLines, keyOf)].filter(([, alike]) => alike.length >= MANY));
  const common = Array.from(many.values(), (alike): CommonDiff => {
    const { linesAdded = [], linesRemoved = [] } = alike[0] ?? {};
    return { backends: alike.map(({ backend }) => backend), linesAdded, linesRemoved };
  });
  const rest = all.map((one) => (many.has(keyOf(one)) ? { ...one, linesAdded: [], linesRemoved: [] } : one));
  return { common, backends: rest.filter((one) => one.change !== 'changed' || hasMore(one)) };
}

function hasMore({ backend, change, ...lists }: BackendDiff): boolean {
  return `${backend}${change}` !== '' && Object.values(lists).some((list) => list.length > 0);
}

function uniqueReasons(reasons: readonly Reason[]): readonly Reason[] {
  return [...new Map(reasons.map((one) => [`${one.code} ${one.subject} ${one.detail}`, one])).values()];
}
