import type { MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Front, Route } from '../model/service.ts';
import { TABLE_MAPS } from './settings.ts';
import { splitRows } from './shares.ts';

/** The routing table: the map files that it is made of, and the routes that no map can hold. */
export interface RoutingTable {
  readonly maps: Readonly<Record<string, MapFile>>;
  /** The routes with a regular expression, in the order of apps; of equal routes the first counts. */
  readonly patterns: readonly PatternRoute[];
  /** How many names the domains of wildcards have, in order: 2 for `*.acme.org`. */
  readonly levels: readonly number[];
}

/** A path as a regular expression. */
export interface PatternRoute {
  readonly front: Front;
  readonly host: string;
  readonly regex: string;
  readonly to: string;
}

/**
 * Makes the routing table of the ports that have routes in it; undefined when there is none, so that an estate without has neither its files nor
 * its rules. Several ports have the same key only when they share it as a split: the value is then the name of the split, the names of its backends
 * with `+` before each.
 */
export function makeTable(fronts: readonly Front[]): RoutingTable | undefined {
  const tabled = fronts.filter(({ table, routes }) => table !== undefined && routes.length > 0);
  if (tabled.length === 0) return undefined;
  const rows = rowsOf(tabled);
  const splits = new Map<string, readonly Front[]>();
  const to = (members: readonly Front[]): BackendName => {
    const names = members.map((front) => front.name);
    const [only] = names;
    if (only !== undefined && names.length === 1) return only;
    const name = names.map((one) => `+${one}`).join('');
    splits.set(name, members);
    return name as BackendName;
  };
  const mapOf = (kind: RowKind): MapFile => new Map(Array.from(rows[kind], ([key, members]) => [key, to(members)]));
  const [path, host] = [mapOf('path'), mapOf('host')];
  const wildcards = wildcardMap(tabled, host);
  const patterns = Array.from(rows.regex, ([key, [front, ...others]]): PatternRoute[] => {
    const [at = '', regex = ''] = key.split(' ');
    return front === undefined ? [] : [{ front, host: at, regex, to: to([front, ...others]) }];
  }).flat();
  return {
    maps: {
      [TABLE_MAPS.split]: new Map([...splits].flatMap(([name, members]) => splitRows(name, members))),
      [TABLE_MAPS.path]: path,
      [TABLE_MAPS.host]: host,
      [TABLE_MAPS.wildcard]: wildcards,
    },
    patterns,
    levels: levelsOf(wildcards),
  };
}

type RowKind = 'path' | 'host' | 'regex';
type Rows = Readonly<Record<RowKind, ReadonlyMap<string, readonly Front[]>>>;

/** The ports by key, for each map. The order of the ports is kept. */
function rowsOf(fronts: readonly Front[]): Rows {
  const rows = {
    path: new Map<string, Front[]>(),
    host: new Map<string, Front[]>(),
    regex: new Map<string, Front[]>(),
  };
  for (const front of fronts)
    for (const route of front.routes)
      for (const [kind, key] of keysOf(front, route)) {
        const members = rows[kind].get(key);
        if (members === undefined) rows[kind].set(key, [front]);
        else if (!members.includes(front) && isSameSplit(members[0], front)) members.push(front);
      }
  return rows;
}

function isSameSplit(a: Front | undefined, b: Front): boolean {
  return a?.split !== undefined && a.split.key === b.split?.key;
}

/**
 * What stands behind a path in what is looked up. A row that has it too is of that path alone: no path has a `?`, where a query begins. The slash
 * makes a row that ends in one take the path without it.
 */
export const PATH_END = '/?';

/** The keys of a route. A path with a `?` has none, because no request can match it. */
function keysOf({ table }: Front, { host, path }: Route): readonly (readonly [RowKind, string])[] {
  if (path === undefined) return [['host', host]];
  const paths = path.split(' ');
  if (table === 'regex') return paths.map((one) => ['regex', `${host} ${one}`]);
  return paths.filter((one) => !one.includes('?')).map((one) => ['path', `${host}${keyOfPath(one, table)}`]);
}

function keyOfPath(path: string, table: Front['table']): string {
  if (table === 'exact') return path + PATH_END;
  return table === 'segment' ? `${withoutSlashes(path)}/` : path;
}

/** A path without the slashes at its end. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}

/** A wildcard that has paths stands for itself, as its rows are to be looked up; else it leads to its backend at once. */
function wildcardMap(fronts: readonly Front[], hosts: MapFile): MapFile {
  const routes = fronts.flatMap((front) => front.routes).filter(({ host }) => host.startsWith('*.'));
  const withPaths = new Set(routes.filter(({ path }) => path !== undefined).map(({ host }) => host));
  return new Map(routes.map(({ host }) => [host.slice(2), (withPaths.has(host) ? undefined : hosts.get(host)) ?? (host as BackendName)]));
}

function levelsOf(wildcards: MapFile): readonly number[] {
  return [...new Set([...wildcards.keys()].map((domain) => domain.split('.').length))].sort((a, b) => a - b);
}
