import { noteKeys } from '../lib/changed-keys.ts';
import { unlike } from '../lib/unlike.ts';
import type { MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';

/** A row of a map file. A row that does not change stays the same object, by which maps are compared. */
export interface MapRow {
  readonly key: string;
  readonly to: BackendName;
}

/** Returns a function that makes a map of rows, in their order; of several rows with a key the first counts. It notes what differs from the map before. */
export function makeMapOfRows(): (rows: readonly MapRow[]) => MapFile {
  let last: { readonly rows: readonly MapRow[]; readonly map: MapFile } | undefined;
  return (rows) => {
    if (last?.rows === rows) return last.map;
    const map = new Map<string, BackendName>();
    for (const { key, to } of rows) if (!map.has(key)) map.set(key, to);
    if (last !== undefined) {
      const { before, after } = unlike(last.rows, rows);
      const keys = [...before.map((place) => last?.rows[place]?.key), ...after.map((place) => rows[place]?.key)];
      noteKeys(
        map,
        last.map,
        keys.filter((key) => key !== undefined),
      );
    }
    last = { rows, map };
    return map;
  };
}
