import type { Document, Running } from '../model/document.ts';
import { readBeside } from './as-written.ts';
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
  const { states, servers, asWritten } = readBeside(document);
  const backends = new Set<string>();
  const maps = new Map(Object.entries(document.maps).map(([file, map]) => [file, new MapReader(map)]));
  await read([
    { command: 'show servers state', take: (line) => void states.line(line) },
    { command: 'show backend', take: (line) => void backends.add(line) },
    ...Array.from(maps, ([file, map]) => ({ command: `show map ${mapFolder}/${file}`, take: (line: string) => void map.line(line) })),
  ]);
  states.end();
  const held = withMaps(document, new Map(Array.from(maps, ([file, map]) => [file, map.end()])));
  return compareServers(held, { servers, asWritten, backends });
}
