import type { Document, Fragment, MapFile } from '../model/document.ts';

/** The bytes of haproxy.cfg, as pieces to join or to write one after another: one for each fragment of the front, which may have many, and one for each backend. */
export function* textOf({ front, backends, spares = [] }: Document): Generator<string> {
  for (const { fragments } of front) for (const fragment of fragments) yield lineOf(fragment);
  for (const list of [backends, spares]) for (const { fragments, servers } of list) yield linesOf(fragments) + linesOf(servers.values());
}

function linesOf(fragments: Iterable<Fragment>): string {
  let lines = '';
  for (const fragment of fragments) lines += lineOf(fragment);
  return lines;
}

function lineOf({ text }: Fragment): string {
  return text.endsWith('\n') || text === '' ? text : `${text}\n`;
}

/** The bytes of a map file: one key and backend on each line. */
export function mapText(map: MapFile): string {
  let text = '';
  for (const [key, backend] of map) text += `${key} ${backend}\n`;
  return text;
}
