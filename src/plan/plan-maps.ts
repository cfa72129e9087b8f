import type { Command, Document, MapFile, Reason } from '../model/document.ts';
import { keysBetween } from '../lib/changed-keys.ts';
import { lazily } from '../lib/lazily.ts';
import type { BackendName } from '../model/names.ts';
import { changeMap, reason, replaceMap, subjectOf, type MapChange } from './runtime-commands.ts';
import { mapNames } from '../haproxy/same-sections.ts';
import { limitedBackend } from '../haproxy/limits.ts';
import { backendsOfValue, splitOfKey } from '../haproxy/shares.ts';
import { APP_MAP, DOMAIN_MAP, LIMITS_MAP, PASSTHROUGH_MAP, SPARES_MAP, TABLE_MAPS } from '../haproxy/settings.ts';
import type { Made } from './made-backends.ts';
import { spareOfKey } from '../haproxy/spares.ts';
import { canStandInCommand } from '../haproxy/server-line.ts';

/** The maps of two documents, and what decides whether commands can change them. */
export interface MapParts {
  readonly before: Document;
  readonly after: Document;
  /** The folder of the map files, as the configuration writes it. */
  readonly folder: string;
  readonly takesCommands: boolean;
  /** The backends that HAProxy makes before the maps change. */
  readonly made?: Made;
  /** Backends that need a reload anyway, so their map entries need no command. */
  readonly lost: ReadonlyMap<BackendName, string>;
}

/** Plans the changes of map files. An entry for a backend that HAProxy does not have yet is left to the reload that adds the backend. */
export function planMaps(parts: MapParts): { readonly commands: readonly Command[]; readonly reload: readonly Reason[] } {
  const { before, after, made, lost } = parts;
  if (before.maps === after.maps) return { commands: [], reload: [] };
  const commands: Command[] = [];
  const reload: Reason[] = [];
  const spares = new Set(before.spares?.map(({ backend }) => backend));
  const own = lazily(() => new Set(before.backends.map(({ backend }) => backend)));
  const isThere: IsThere = (backend) => spares.has(backend) || made?.has(backend) === true || own().has(backend);
  for (const file of mapNames(before.maps, after.maps)) {
    if (before.maps[file] === after.maps[file]) continue;
    const changes = changesOf(file, parts);
    const sent: MapChange[] = [];
    let others = 0;
    for (const change of changes) {
      if (lost.has(subjectOf(change))) continue;
      if (canBeSent(change, parts, isThere)) sent.push(change);
      else others++;
    }
    const isWhole = sent.length === changes.length && isReplaced(file, changes, parts);
    commands.push(...(isWhole ? [replaced(file, changes.length, parts)] : sent.map(changeMap)));
    const isEmptyFile = others === 0 && (before.maps[file] === undefined || after.maps[file] === undefined);
    if (others > 0 || isEmptyFile) reload.push(reason('map-changed', file, `${others} ${others === 1 ? 'entry' : 'entries'}`));
  }
  return { commands: sharesInTime(commands, after.maps[TABLE_MAPS.split] ?? NO_ROWS), reload };
}

/** Up to so many rows are changed one by one, and more when they are a small part of the map. */
const MOST_ONE_BY_ONE = 50;

/**
 * How many rows are written anew in the time of changing one: a row that is changed takes 30 to 200 µs, one of a map that is replaced 4 to 10 µs
 * [measured with HAProxy 2.6, 3.0 and 3.4 and 1,000 to 10,000 rows].
 */
const WRITTEN_FOR_ONE = 8;

/** Maps whose rows have no order among servers and other rows. */
const REPLACEABLE: ReadonlySet<string> = new Set([DOMAIN_MAP, APP_MAP, PASSTHROUGH_MAP, ...Object.values(TABLE_MAPS)]);

/**
 * Whether a map is replaced as a whole, which is cheaper where many rows change. Shares of splits that go have to go last, so they do not. After a
 * refusal everything is tried one by one.
 */
function isReplaced(file: string, changes: readonly MapChange[], { after, lost }: MapParts): boolean {
  const map = after.maps[file] ?? NO_ROWS;
  const isMuch = changes.length > MOST_ONE_BY_ONE && changes.length * WRITTEN_FOR_ONE > map.size;
  if (!isMuch || !REPLACEABLE.has(file) || lost.size > 0) return false;
  const isOrdered = file === TABLE_MAPS.split && changes.some(isOfGone(map));
  return !isOrdered && [...map].every(([key, to]) => isWord(key) && isWord(to));
}

function replaced(file: string, changed: number, { after, folder }: MapParts): Command {
  return replaceMap({ file, path: `${folder}/${file}`, map: after.maps[file] ?? NO_ROWS, changed });
}

const NO_ROWS: MapFile = new Map();

/**
 * Puts the new shares of splits before all other changes, and takes those of splits that go away after them: a route that leads to a split without
 * shares has no backend.
 */
function sharesInTime(commands: readonly Command[], wanted: MapFile): readonly Command[] {
  const ofSplits = commands.filter((command) => isOfSplits(command));
  if (ofSplits.length === 0) return commands;
  const isGone = isOfGone(wanted);
  const isLast = ({ effect }: Command): boolean => effect?.kind === 'map' && isGone(effect);
  return [
    ...ofSplits.filter((command) => !isLast(command)),
    ...commands.filter((command) => !isOfSplits(command)),
    ...ofSplits.filter((command) => isLast(command)),
  ];
}

/** Tells of a change whether it removes a row of a split that is in no row of the wanted map. */
function isOfGone(wanted: MapFile): (change: { readonly key: string; readonly to: string | undefined }) => boolean {
  const splits = new Set([...wanted.keys()].map(splitOfKey));
  return ({ key, to }) => to === undefined && !splits.has(splitOfKey(key));
}

function isOfSplits({ effect }: Command): boolean {
  return (effect?.kind === 'map' || effect?.kind === 'rows') && effect.file === TABLE_MAPS.split;
}

function changesOf(file: string, { before, after, folder }: MapParts): readonly MapChange[] {
  const [was, now] = [before.maps[file] ?? NO_ROWS, after.maps[file] ?? NO_ROWS];
  const path = `${folder}/${file}`;
  const come: MapChange[] = [];
  const gone: MapChange[] = [];
  for (const key of keysBetween(was, now) ?? new Set([...now.keys(), ...was.keys()])) {
    const [from, to] = [was.get(key), now.get(key)];
    if (from !== to) (to === undefined ? gone : come).push({ file, path, key, from, to });
  }
  return [...come, ...gone];
}

/** Whether HAProxy has a backend. */
type IsThere = (backend: BackendName) => boolean;

function canBeSent({ file, path, key, to }: MapChange, parts: MapParts, isThere: IsThere): boolean {
  const { before, after, takesCommands } = parts;
  const isLoaded = before.maps[file] !== undefined && after.maps[file] !== undefined;
  const isReachable = to === undefined || isNote(file, key) || leadsTo(file, key, to).every(isThere);
  return takesCommands && isLoaded && isReachable && [path, key, to ?? 'none'].every(isWord);
}

/** Whether a row only says whom a spare backend serves, and leads nowhere. */
function isNote(file: string, key: string): boolean {
  return file === SPARES_MAP && spareOfKey(key) !== undefined;
}

/** The backends that a map entry needs: the one that it limits, those of a split (`+a+b`), none for a wildcard (`*.acme.org`), or its value. */
function leadsTo(file: string, key: string, value: BackendName): readonly BackendName[] {
  if (file === LIMITS_MAP) return [limitedBackend(key)];
  return value.startsWith('*.') ? [] : backendsOfValue(value);
}

function isWord(text: string): boolean {
  return text !== '' && !/\s/.test(text) && canStandInCommand(text);
}
