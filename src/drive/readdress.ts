import type { Command, Document, MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { spareOfKey } from '../haproxy/spares.ts';
import { SPARE_MAPS, SPARES_MAP } from '../haproxy/settings.ts';

/** The backends that spare ones served when the file of a reload was written, by the name of the spare one. */
type Served = ReadonlyMap<BackendName, BackendName>;

/**
 * A command for the worker before a reload, as the worker after it is to get it: a port that a spare backend served when the file was written has a
 * backend of its own there, with rules of its own. Undefined when there is nothing left to say.
 */
export function readdressed(command: Command, served: Served): Command | undefined {
  const { effect, text } = command;
  if (effect === undefined || served.size === 0 || effect.kind === 'certificate') return command;
  if (effect.kind === 'rows') {
    const map = rowsAfter(effect, served);
    return { ...command, rows: map, effect: { ...effect, map } };
  }
  if (effect.kind === 'map') {
    const { key, to } = effect;
    const spare = spareIn({ ...effect, to }, served);
    if (spare === undefined) return command;
    const own = served.get(spare);
    if (SPARE_MAPS.includes(effect.file) || own === undefined) return undefined;
    return { ...command, text: text.replace(`${key} ${spare}`, `${key} ${own}`), effect: { ...effect, to: own } };
  }
  const own = served.get(effect.backend);
  if (own === undefined) return command;
  return { ...command, text: text.replace(`${effect.backend}/`, `${own}/`), effect: { ...effect, backend: own } };
}

/** The spare backend that a row of a map is about, if it served a port when the file was written. */
function spareIn({ file, key, to }: { file: string; key: string; to: BackendName | undefined }, served: Served): BackendName | undefined {
  const spare = file === SPARES_MAP ? (spareOfKey(key) ?? to) : to;
  return spare !== undefined && served.has(spare) ? spare : undefined;
}

/** All rows of a map, as the worker after the reload is to have them. */
function rowsAfter({ file, map }: { readonly file: string; readonly map: MapFile }, served: Served): MapFile {
  const rows = Array.from(map).flatMap(([key, to]): (readonly [string, BackendName])[] => {
    const spare = spareIn({ file, key, to }, served);
    if (spare === undefined) return [[key, to]];
    return SPARE_MAPS.includes(file) ? [] : [[key, served.get(spare) ?? to]];
  });
  return new Map(rows);
}

/** A command without rows in place of rules that this document has, as it was loaded; undefined when nothing is left of it. */
export function withoutRuled(command: Command, { backends }: Document): Command | undefined {
  const { effect } = command;
  if ((effect?.kind !== 'map' && effect?.kind !== 'rows') || !SPARE_MAPS.includes(effect.file)) return command;
  const isRuled = (key: string, to: BackendName | undefined): boolean => {
    const rows = backends.find(({ backend }) => backend === to)?.inSpare;
    return rows !== undefined && [rows.hosts, rows.paths, rows.redirects].some((keys) => keys.includes(key));
  };
  if (effect.kind === 'map') return isRuled(effect.key, effect.to) ? undefined : command;
  const map = new Map(Array.from(effect.map).filter(([key, to]) => !isRuled(key, to)));
  return { ...command, rows: map, effect: { ...effect, map } };
}
