import type { MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Front, Route } from '../model/service.ts';
import { slotsOf } from './shares.ts';
import { TABLE_MAPS } from './settings.ts';

/** The routing table: the map files that it is made of, and the routes that no map can hold. */
export interface Table {
  readonly maps: Readonly<Record<string, MapFile>>;
  /** The routes with a regular expression, in the order of apps; of equal routes the first counts. */
  readonly patterns: readonly PatternRoute[];
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
 * with `+` between them.
 */
export function makeTable(fronts: readonly Front[]): Table | undefined {
  const tabled = fronts.filter(({ table, routes }) => table !== undefined && routes.length > 0);
  if (tabled.length === 0) return undefined;
  const rows = rowsOf(tabled);
  const splits = new Map<string, readonly Front[]>();
  const to = (members: readonly Front[]): BackendName => {
    const name = members.map((front) => front.name).join('+');
    if (members.length > 1) splits.set(name, members);
    return name as BackendName;
  };
  const mapOf = (kind: RowKind): MapFile => new Map(Array.from(rows[kind], ([key, members]) => [key, to(members)]));
  const [exact, path, host] = [mapOf('exact'), mapOf('path'), mapOf('host')];
  const patterns = Array.from(rows.regex, ([key, [front, ...others]]): PatternRoute[] => {
    const [at = '', regex = ''] = key.split(' ');
    return front === undefined ? [] : [{ front, host: at, regex, to: to([front, ...others]) }];
  }).flat();
  return {
    maps: {
      [TABLE_MAPS.split]: splitMap(splits),
      [TABLE_MAPS.exact]: exact,
      [TABLE_MAPS.path]: path,
      [TABLE_MAPS.host]: host,
      [TABLE_MAPS.wildcard]: wildcardMap(tabled),
    },
    patterns,
  };
}

type RowKind = 'exact' | 'path' | 'host' | 'regex';
type Rows = Readonly<Record<RowKind, ReadonlyMap<string, readonly Front[]>>>;

/** The ports by key, for each map. The order of the ports is kept. */
function rowsOf(fronts: readonly Front[]): Rows {
  const rows = {
    exact: new Map<string, Front[]>(),
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

function keysOf({ table }: Front, { host, path }: Route): readonly (readonly [RowKind, string])[] {
  if (path === undefined) return [['host', host]];
  return path.split(' ').map((one): readonly [RowKind, string] => {
    if (table === 'exact') return ['exact', `${host}${one}`];
    if (table === 'regex') return ['regex', `${host} ${one}`];
    return ['path', table === 'segment' ? `${host}${withoutSlashes(one)}/` : `${host}${one}`];
  });
}

/** A path without the slashes at its end. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}

function wildcardMap(fronts: readonly Front[]): MapFile {
  const hosts = fronts.flatMap(({ routes }) => routes.map(({ host }) => host)).filter((host) => host.startsWith('*.'));
  return new Map(hosts.map((host) => [host.slice(2), host as BackendName]));
}

/** For each split its slots, and its apps with a share by their id, for the header and the cookie that name one. */
function splitMap(splits: ReadonlyMap<string, readonly Front[]>): MapFile {
  const map = new Map<string, BackendName>();
  for (const [name, members] of splits) {
    const slots = slotsOf(members);
    for (const [slot, backend] of slots.entries()) map.set(`${name}/${slot}`, backend);
    for (const front of members) if (slots.includes(front.name)) map.set(`${name}/${front.app.toLowerCase()}`, front.name);
  }
  return map;
}
