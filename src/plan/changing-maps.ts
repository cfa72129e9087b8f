import { keysBetween, noteKeys } from '../lib/changed-keys.ts';
import type { Document, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';

interface Changing {
  readonly before: MapFile;
  /** Where the changed rows lead now, by key; undefined for a row that is gone. */
  readonly rows: Map<string, BackendName | undefined>;
}

type Maps = Document['maps'];

/** The maps of a document while commands change them. */
export class ChangingMaps {
  readonly #before: Maps;
  readonly #wanted: Maps;
  readonly #changing = new Map<string, Changing>();

  /** `wanted` are the maps that the commands are to lead to. */
  constructor(before: Maps, wanted: Maps) {
    this.#before = before;
    this.#wanted = wanted;
  }

  get areSame(): boolean {
    return this.#changing.size === 0;
  }

  /** A row that was added or changed, or removed when it leads nowhere. */
  row({ file, key, to }: { readonly file: string; readonly key: string; readonly to: BackendName | undefined }): void {
    const { rows } = this.#changing.get(file) ?? this.#from(file, this.#before[file] ?? new Map<string, BackendName>());
    rows.set(key, to);
  }

  /** A map that was replaced as a whole. */
  rows(file: string, rows: MapFile): void {
    this.#from(file, rows);
  }

  /** The maps as they are now. One that has become the wanted one is the wanted object, and is not copied. */
  all(): Maps {
    const changed = Array.from(this.#changing, ([file, one]) => [file, changedMap(one, this.#wanted[file])] as const);
    return { ...this.#before, ...Object.fromEntries(changed) };
  }

  #from(file: string, before: MapFile): Changing {
    const changing = { before, rows: new Map<string, BackendName | undefined>() };
    this.#changing.set(file, changing);
    return changing;
  }
}

function changedMap({ before, rows }: Changing, wanted: MapFile | undefined): MapFile {
  if (wanted !== undefined && isWanted({ before, rows }, wanted)) return wanted;
  const map = new Map(before);
  for (const [key, to] of rows)
    if (to === undefined) map.delete(key);
    else map.set(key, to);
  noteKeys(map, before, rows.keys());
  return map;
}

/** Whether the rows make the wanted map, as far as that is known without reading the maps as a whole. */
function isWanted({ before, rows }: Changing, wanted: MapFile): boolean {
  const others = keysBetween(before, wanted);
  if (others === undefined) return false;
  const now = (key: string): BackendName | undefined => (rows.has(key) ? rows.get(key) : before.get(key));
  return [...others, ...rows.keys()].every((key) => now(key) === wanted.get(key));
}
