import type { Document, Fragment, MapFile } from '../model/document.ts';

/** The bytes of haproxy.cfg, as pieces to join or to write one after another. */
export function* textOf(document: Document): Generator<string> {
  for (const { text } of fragmentsOf(document)) yield text.endsWith('\n') || text === '' ? text : `${text}\n`;
}

function* fragmentsOf({ front, backends, spares = [] }: Document): Generator<Fragment> {
  for (const { fragments } of front) yield* fragments;
  for (const list of [backends, spares])
    for (const { fragments, servers } of list) {
      yield* fragments;
      yield* servers.values();
    }
}

/** The bytes of a map file: one key and backend on each line. */
export function mapText(map: MapFile): string {
  let text = '';
  for (const [key, backend] of map) text += `${key} ${backend}\n`;
  return text;
}
