import type { Document, Fragment, MapFile } from '../model/document.ts';

/** The bytes of haproxy.cfg, as pieces to join or to write one after the other. */
export function* textOf(document: Document): Generator<string> {
  for (const { text } of fragmentsOf(document)) yield text.endsWith('\n') || text === '' ? text : `${text}\n`;
}

/** The fragment that stands at a line of the file, counted from 1: how a message of HAProxy's finds its owner. */
export function fragmentAt(document: Document, line: number): Fragment | undefined {
  let last = 0;
  for (const fragment of fragmentsOf(document)) {
    last += lineCount(fragment.text);
    if (line <= last) return fragment;
  }
  return undefined;
}

function* fragmentsOf({ front, backends }: Document): Generator<Fragment> {
  for (const { fragments } of front) yield* fragments;
  for (const { fragments, servers } of backends) {
    yield* fragments;
    yield* servers.values();
  }
}

function lineCount(text: string): number {
  if (text === '') return 0;
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** The bytes of a map file: a key and its backend a line. */
export function mapText(map: MapFile): string {
  let text = '';
  for (const [key, backend] of map) text += `${key} ${backend}\n`;
  return text;
}
