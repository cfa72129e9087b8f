import { keysBetween, noteKeys } from '../lib/changed-keys.ts';
import type { BackendSection, Document, InSpare, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { keyOfSpare } from '../haproxy/spares.ts';
import { SPARE_PATHS_MAP, SPARE_REDIRECTS_MAP, SPARES_MAP } from '../haproxy/settings.ts';

/** Which spare backend serves in place of which backend, with the backend as it is wanted. */
export interface SpareServing {
  readonly spare: BackendName;
  readonly section: BackendSection;
  /** Set when the spare backend goes on serving it only until the next reload, which it needs. */
  readonly isHeld?: true;
}

/**
 * Returns a function that gives the map files with which spare backends serve: rows that lead to a backend lead to the spare one in its place, and
 * virtual hosts that need a row in the map of spare backends have one, and so have paths and redirects. `kept` says whom spare backends serve, or
 * served as long as they have servers of it. Which rows lead to which backend is remembered, so that only rows that differ are looked at.
 */
export function makeMapsWithSpares(): (
  maps: Document['maps'],
  serving: readonly SpareServing[],
  kept: ReadonlyMap<BackendName, BackendName>,
) => Document['maps'] {
  let leads: ReadonlyMap<string, ReturnType<typeof makeLed>> = new Map();
  return (maps, serving, kept) => {
    if (serving.length === 0 && kept.size === 0) return maps;
    const elsewhere = serving.filter(({ spare, section }) => spare !== section.backend);
    const spares = new Map(elsewhere.map(({ spare, section }) => [section.backend, spare]));
    leads = new Map(Object.keys(maps).map((file) => [file, leads.get(file) ?? makeLed()]));
    const files = Object.entries(maps).map(([file, map]) => [file, leads.get(file)?.(map, spares) ?? map] as const);
    const rows = (kind: Kind) => serving.flatMap(({ spare, section }) => keysOf(section.inSpare, kind).map((key) => [key, spare] as const));
    const notes = Array.from(kept, ([spare, to]) => [keyOfSpare(spare), to] as const);
    return {
      ...Object.fromEntries(files),
      [FILES.hosts]: new Map([...notes, ...rows('hosts')]),
      [FILES.paths]: new Map(rows('paths')),
      [FILES.redirects]: new Map(rows('redirects')),
    };
  };
}

function keysOf(inSpare: InSpare | undefined, kind: Kind): readonly string[] {
  return inSpare?.[kind] ?? [];
}

/** The kinds of rows of which spare backends alone have some, and the map of each. */
const FILES = { hosts: SPARES_MAP, paths: SPARE_PATHS_MAP, redirects: SPARE_REDIRECTS_MAP } as const;
type Kind = keyof typeof FILES;
const KINDS = ['hosts', 'paths', 'redirects'] as const satisfies readonly Kind[];

/** Whether a document has all rows by which rules for a backend lead to the spare one. */
export function hasItsRows({ spare, section }: SpareServing, { maps }: Pick<Document, 'maps'>): boolean {
  return KINDS.every((kind) => keysOf(section.inSpare, kind).every((key) => maps[FILES[kind]]?.get(key) === spare));
}

/** Everything about a backend in a spare one on which its rows depend. */
export function rowsKey({ spare, section: { backend, inSpare } }: SpareServing): string {
  return [spare, backend, ...KINDS.map((kind) => keysOf(inSpare, kind).join(','))].join(' ');
}

/** Returns a function that gives a map whose rows lead to spare backends; the same map, when no row of it leads to a backend that a spare one serves. */
function makeLed(): (map: MapFile, spares: ReadonlyMap<BackendName, BackendName>) => MapFile {
  const leadingTo = makeLeadingTo();
  return (map, spares) => {
    if (spares.size === 0) return map;
    const find = leadingTo(map);
    const rows = Array.from(spares, ([backend, spare]) => find(backend).map((key) => [key, spare] as const)).flat();
    if (rows.length === 0) return map;
    const next = new Map(map);
    for (const [key, spare] of rows) next.set(key, spare);
    noteKeys(
      next,
      map,
      rows.map(([key]) => key),
    );
    return next;
  };
}

/** Returns a function that finds the keys of a map that lead to a backend. It follows a map by the keys at which it differs from the map before. */
function makeLeadingTo(): (map: MapFile) => (backend: BackendName) => readonly string[] {
  let last: MapFile = new Map();
  let keysTo = new Map<BackendName, readonly string[]>();
  return (map) => {
    const others = keysBetween(last, map);
    if (others === undefined) {
      last = new Map();
      keysTo = new Map();
    }
    for (const key of others ?? map.keys()) {
      const [before, after] = [last.get(key), map.get(key)];
      if (before === after) continue;
      if (before !== undefined)
        keysTo.set(
          before,
          (keysTo.get(before) ?? []).filter((one) => one !== key),
        );
      if (after !== undefined) keysTo.set(after, [...(keysTo.get(after) ?? []), key]);
    }
    last = map;
    return (backend) => keysTo.get(backend) ?? [];
  };
}
