import type { BackendSection, Document, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { keyOfSpare } from '../haproxy/spares.ts';
import { SPARES_MAP } from '../haproxy/settings.ts';

/** Which spare backend serves in place of which backend, with the backend as it is wanted. */
export interface Serving {
  readonly spare: BackendName;
  readonly section: BackendSection;
  /** Set when the spare backend serves it only because it did before: it needs a reload. */
  readonly isHeld?: true;
}

/**
 * The map files with which spare backends serve: rows that lead to a backend lead to the spare one in its place, and virtual hosts that need a row in
 * the map of spare backends have one. `kept` says whom spare backends serve, or served as long as they have servers of it.
 */
export function mapsWithSpares(
  maps: Document['maps'],
  serving: readonly Serving[],
  kept: ReadonlyMap<BackendName, BackendName>,
): Document['maps'] {
  if (serving.length === 0 && kept.size === 0) return maps;
  const spares = new Map(serving.map(({ spare, section }) => [section.backend, spare]));
  const files = Object.entries(maps).map(([file, map]) => [file, led(map, spares)] as const);
  const hosts = serving.flatMap(({ spare, section }) => (section.inSpare?.hosts ?? []).map((host) => [host, spare] as const));
  const own: MapFile = new Map([...Array.from(kept, ([spare, to]) => [keyOfSpare(spare), to] as const), ...hosts]);
  return { ...Object.fromEntries(files), [SPARES_MAP]: own };
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
