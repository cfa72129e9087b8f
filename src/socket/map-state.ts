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

/** Reads the answer to `show map` line by line, and compares it with a map. A large map that is as expected costs no memory of its own. */
export class MapReader {
  readonly #expected: MapFile | undefined;
  readonly #lines: string[] = [];
  readonly #same = new Set<string>(); // keys
  #isSame = true;

  constructor(expected: MapFile | undefined) {
    this.#expected = expected;
  }

  /** Takes the next line. */
  line(line: string): void {
    this.#lines.push(line);
    if (!this.#isSame) return;
    const [afterPlace, afterKey] = [line.indexOf(' '), line.lastIndexOf(' ')];
    const key = line.slice(afterPlace + 1, afterKey);
    this.#isSame = afterKey > afterPlace && line.startsWith('0x') && this.#expected?.get(key) === line.slice(afterKey + 1);
    this.#same.add(key);
  }

  /** The answer has ended. Returns the map that HAProxy has: the expected one itself when it is equal; undefined when HAProxy does not know it. */
  end(): MapFile | undefined {
    const expected = this.#expected;
    if (this.#isSame && this.#lines.length === expected?.size && this.#same.size === expected.size) return expected;
    const shown = readMap(this.#lines.join('\n'));
    return shown !== undefined && isSameMap(shown, expected) ? expected : shown;
  }
}

/** Returns the document with the maps that HAProxy has, by file name; the same object when the maps are those of the document, or not known. */
export function withMaps(document: Document, shown: ReadonlyMap<string, MapFile | undefined>): Document {
  const others = [...shown].flatMap(([file, map]): [string, MapFile][] =>
    map === undefined || map === document.maps[file] ? [] : [[file, map]],
  );
  return others.length === 0 ? document : { ...document, maps: { ...document.maps, ...Object.fromEntries(others) } };
}
