import { isSameMap } from '../haproxy/same-sections.ts';
import type { Document, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';

/** The entries of `show map`: `0x55d0c80 key value` a line; undefined for an answer that is no list of entries. */
export function readMap(answer: string): MapFile | undefined {
  const map = new Map<string, BackendName>();
  for (const line of answer.split('\n')) {
    if (line === '') continue;
    const [, key, value] = /^0x[0-9a-f]+ (\S+) (\S+)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return undefined;
    if (!map.has(key)) map.set(key, value as BackendName); // of two with one key HAProxy takes the first
  }
  return map;
}

/** The document with the maps that HAProxy has, by file name; the same object when they are those of the document, or unknown to HAProxy. */
export function withMaps(document: Document, answers: ReadonlyMap<string, string>): Document {
  const others = [...answers].flatMap(([file, answer]): [string, MapFile][] => {
    const held = readMap(answer);
    return held === undefined || isSameMap(held, document.maps[file]) ? [] : [[file, held]];
  });
  return others.length === 0 ? document : { ...document, maps: { ...document.maps, ...Object.fromEntries(others) } };
}
