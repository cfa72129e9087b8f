import type { Command, Document, Reason } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { changeMap, reason, subjectOf, type MapChange } from './runtime-commands.ts';
import { mapNames } from '../haproxy/same-sections.ts';
import { limitedBackend } from '../haproxy/limits.ts';
import { LIMITS_MAP, SPARES_MAP, TABLE_MAPS } from '../haproxy/settings.ts';
import { spareOfKey } from '../haproxy/spares.ts';
import { canStandInCommand } from '../haproxy/server-line.ts';

/** The maps of two documents, and what decides whether commands can change them. */
export interface MapParts {
  readonly before: Document;
  readonly after: Document;
  /** The folder of the map files, as the configuration writes it. */
  readonly folder: string;
  readonly takesCommands: boolean;
  /** Backends that need a reload anyway, so their map entries need no command. */
  readonly lost: ReadonlyMap<BackendName, string>;
}

/** Plans the changes of map files. An entry for a backend that HAProxy does not have yet is left to the reload that adds the backend. */
export function planMaps(parts: MapParts): { readonly commands: readonly Command[]; readonly reload: readonly Reason[] } {
  const { before, after, lost } = parts;
  if (before.maps === after.maps) return { commands: [], reload: [] };
  const commands: Command[] = [];
  const reload: Reason[] = [];
  let backends: ReadonlySet<BackendName> | undefined;
  for (const file of mapNames(before.maps, after.maps)) {
    if (before.maps[file] === after.maps[file]) continue;
    let others = 0;
    for (const change of changesOf(file, parts)) {
      backends ??= new Set([...before.backends, ...(before.spares ?? [])].map(({ backend }) => backend));
      if (lost.has(subjectOf(change))) continue;
      if (canBeSent(change, parts, backends)) commands.push(changeMap(change));
      else others++;
    }
    const isEmptyFile = others === 0 && (before.maps[file] === undefined || after.maps[file] === undefined);
    if (others > 0 || isEmptyFile) reload.push(reason('map-changed', file, `${others} ${others === 1 ? 'entry' : 'entries'}`));
  }
  return { commands: sharesInTime(commands), reload };
}

/**
 * Puts the new shares of splits before all other changes, and takes old ones away after them: a route that leads to a split without shares has no
 * backend.
 */
function sharesInTime(commands: readonly Command[]): readonly Command[] {
  const ofSplits = commands.filter((command) => isOfSplits(command));
  if (ofSplits.length === 0) return commands;
  const isRemoval = ({ effect }: Command): boolean => effect?.kind === 'map' && effect.to === undefined;
  return [
    ...ofSplits.filter((command) => !isRemoval(command)),
    ...commands.filter((command) => !isOfSplits(command)),
    ...ofSplits.filter((command) => isRemoval(command)),
  ];
}

function isOfSplits({ effect }: Command): boolean {
  return effect?.kind === 'map' && effect.file === TABLE_MAPS.split;
}

function changesOf(file: string, { before, after, folder }: MapParts): readonly MapChange[] {
  const [was, now] = [before.maps[file] ?? new Map<string, BackendName>(), after.maps[file] ?? new Map<string, BackendName>()];
  const path = `${folder}/${file}`;
  const changes: MapChange[] = [];
  for (const [key, to] of now) {
    const from = was.get(key);
    if (from !== to) changes.push({ file, path, key, from, to });
  }
  for (const [key, from] of was) if (!now.has(key)) changes.push({ file, path, key, from, to: undefined });
  return changes;
}

function canBeSent({ file, path, key, to }: MapChange, parts: MapParts, backends: ReadonlySet<BackendName>): boolean {
  const { before, after, takesCommands } = parts;
  const isLoaded = before.maps[file] !== undefined && after.maps[file] !== undefined;
  const isReachable = to === undefined || isNote(file, key) || leadsTo(file, key, to).every((backend) => backends.has(backend));
  return takesCommands && isLoaded && isReachable && [path, key, to ?? 'none'].every(isWord);
}

/** Whether a row only says whom a spare backend serves, and leads nowhere. */
function isNote(file: string, key: string): boolean {
  return file === SPARES_MAP && spareOfKey(key) !== undefined;
}

/** The backends that a map entry needs: the one that it limits, those of a split (`a+b`), none for a wildcard (`*.acme.org`), or its value. */
function leadsTo(file: string, key: string, value: BackendName): readonly BackendName[] {
  if (file === LIMITS_MAP) return [limitedBackend(key)];
  return value.startsWith('*.') ? [] : (value.split('+') as BackendName[]);
}

function isWord(text: string): boolean {
  return text !== '' && !/\s/.test(text) && canStandInCommand(text);
}
