import type { Document, Running } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Doubts } from '../model/haproxy.ts';
import { makeStatesComparison } from './states-comparison.ts';
import { MapReader, withMaps } from './map-state.ts';
import type { TakeLine } from './replies-in-parts.ts';
import { compareServers } from './servers-state.ts';

/** How HAProxy's worker is asked. */
export interface ReadingBack {
  /** The folder of the map files, as the configuration writes it. */
  readonly mapFolder: string;
  /** Asks questions, of which each answer is taken line by line. */
  readonly read: (questions: readonly { readonly command: string; readonly take: TakeLine }[]) => Promise<void>;
}

/** Reads back what HAProxy runs, given that it loaded this document or an earlier one. Parts that agree with the document stay the same objects. */
export async function readBack(document: Document, { mapFolder, read }: ReadingBack): Promise<Running> {
  const { states, servers, asWritten } = makeStatesComparison(document);
  const backends = new Set<string>();
  const maps = new Map(Object.entries(document.maps).map(([file, map]) => [file, new MapReader(map)]));
  await read([
    {
      command: 'show servers state',
      take: (line) => {
        states.line(line);
      },
    },
    { command: 'show backend', take: (line) => void backends.add(line) },
    ...Array.from(maps, ([file, map]) => ({
      command: showMap(mapFolder, file),
      take: (line: string) => {
        map.line(line);
      },
    })),
  ]);
  states.end();
  const loaded = withMaps(document, new Map(Array.from(maps, ([file, map]) => [file, map.end()])));
  return compareServers(loaded, { servers, asWritten, backends });
}

/** The command that shows a map. */
export function showMap(mapFolder: string, file: string): string {
  return `show map ${mapFolder}/${file}`;
}

/** The parts in which HAProxy, as it was read back, differs from the document. */
export function doubtsIn(before: Document, { document, exceptions, lost, strays, unresolved = [] }: Running): Doubts {
  const others = (now: Document['backends'] = [], was: Document['backends'] = []): readonly BackendName[] =>
    now === was ? [] : now.flatMap((section, i) => (section === was[i] ? [] : section.backend));
  const names = [
    ...others(document.backends, before.backends),
    ...others(document.spares, before.spares),
    ...Array.from(exceptions.values(), ({ backend }) => backend),
    ...lost.keys(),
    ...(strays?.keys() ?? []),
  ];
  const maps = Object.keys(document.maps).filter((file) => document.maps[file] !== before.maps[file]);
  return { backends: new Set(names), maps: new Set(maps), unresolved };
}
