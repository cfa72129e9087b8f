import type { BackendSection, Document, InSpare, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { keyOfSpare } from '../haproxy/spares.ts';
import { SPARE_PATHS_MAP, SPARE_REDIRECTS_MAP, SPARES_MAP } from '../haproxy/settings.ts';

/** Which spare backend serves in place of which backend, with the backend as it is wanted. */
export interface Serving {
  readonly spare: BackendName;
  readonly section: BackendSection;
  /** Set when the spare backend serves it only because it did before: it needs a reload. */
  readonly isHeld?: true;
}

/**
 * The map files with which spare backends serve: rows that lead to a backend lead to the spare one in its place, and virtual hosts that need a row in
 * the map of spare backends have one, and so have paths and redirects. `kept` says whom spare backends serve, or served as long as they have servers of it.
 */
export function mapsWithSpares(
  maps: Document['maps'],
  serving: readonly Serving[],
  kept: ReadonlyMap<BackendName, BackendName>,
): Document['maps'] {
  if (serving.length === 0 && kept.size === 0) return maps;
  const spares = new Map(
    serving.filter(({ spare, section }) => spare !== section.backend).map(({ spare, section }) => [section.backend, spare]),
  );
  const files = Object.entries(maps).map(([file, map]) => [file, led(map, spares)] as const);
  const rows = (kind: Kind) => serving.flatMap(({ spare, section }) => keysOf(section.inSpare, kind).map((key) => [key, spare] as const));
  const notes = Array.from(kept, ([spare, to]) => [keyOfSpare(spare), to] as const);
  return {
    ...Object.fromEntries(files),
    [FILES.hosts]: new Map([...notes, ...rows('hosts')]),
    [FILES.paths]: new Map(rows('paths')),
    [FILES.redirects]: new Map(rows('redirects')),
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
export function hasItsRows({ spare, section }: Serving, { maps }: Pick<Document, 'maps'>): boolean {
  return KINDS.every((kind) => keysOf(section.inSpare, kind).every((key) => maps[FILES[kind]]?.get(key) === spare));
}

/** Everything about a backend in a spare one on which its rows depend. */
export function rowsKey({ spare, section: { backend, inSpare } }: Serving): string {
  return [spare, backend, ...KINDS.map((kind) => keysOf(inSpare, kind).join(','))].join(' ');
}

/** The same map, when no row of it leads to a backend that a spare one serves. */
function led(map: MapFile, spares: ReadonlyMap<BackendName, BackendName>): MapFile {
  let next: Map<string, BackendName> | undefined;
  for (const [key, to] of map) {
    const spare = spares.get(to);
    if (spare !== undefined) (next ??= new Map(map)).set(key, spare);
  }
  return next ?? map;
}
