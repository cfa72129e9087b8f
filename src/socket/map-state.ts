import { isSameMap } from '../haproxy/same-sections.ts';
import type { Document, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';

/** Reads the answer to `show map`, lines of `0x55d0c80 key value`. Returns undefined when the answer is something else. */
export function readMap(answer: string): MapFile | undefined {
  const map = new Map<string, BackendName>();
  for (const line of answer.split('\n')) {
    if (line === '') continue;
    const [, key, value] = /^0x[0-9a-f]+ (\S+) (\S+)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return undefined;
    if (!map.has(key)) map.set(key, value as BackendName); // of two entries with the same key, HAProxy uses the first
  }
  return map;
}

/**
 * Returns the document with the maps that HAProxy has. `answers` are answers to `show map` by file name. Returns the same object when the maps are
 * equal, or when HAProxy does not know them.
 */
export function withMaps(document: Document, answers: ReadonlyMap<string, string>): Document {
  const others = [...answers].flatMap(([file, answer]): [string, MapFile][] => {
    const held = readMap(answer);
    return held === undefined || isSameMap(held, document.maps[file]) ? [] : [[file, held]];
  });
  return others.length === 0 ? document : { ...document, maps: { ...document.maps, ...Object.fromEntries(others) } };
}
