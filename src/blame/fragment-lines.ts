import type { Document, Fragment, Section } from '../model/document.ts';

/** A fragment in its place in the file. */
export interface FragmentLines {
  readonly fragment: Fragment;
  readonly section: Section;
  /** Lines of the file, counted from 1. */
  readonly first: number;
  readonly last: number;
}

/** All fragments that have a line, in the order of the file. */
export function linesOfFragments({ front, backends }: Document): readonly FragmentLines[] {
  const rows: FragmentLines[] = [];
  let last = 0;
  const add = (section: Section, fragment: Fragment): void => {
    const count = lineCount(fragment.text);
    if (count > 0) rows.push({ fragment, section, first: last + 1, last: last + count });
    last += count;
  };
  for (const section of front) for (const fragment of section.fragments) add(section, fragment);
  for (const section of backends) {
    for (const fragment of section.fragments) add(section, fragment);
    for (const fragment of section.servers.values()) add(section, fragment);
  }
  return rows;
}

function lineCount(text: string): number {
  if (text === '') return 0;
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** The row that has a line. */
export function fragmentAt(rows: readonly FragmentLines[], line: number): FragmentLines | undefined {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as FragmentLines).last < line) low = middle + 1;
    else high = middle;
  }
  const row = rows[low];
  return row !== undefined && row.first <= line ? row : undefined;
}

/** A line of the file, as rendered. */
export function textAt({ fragment, first }: FragmentLines, line: number): string {
  return fragment.text.split('\n')[line - first]?.trim() ?? '';
}

/** The line of a row with most of these words in it, and how many. */
export function mentionIn(
  { fragment }: FragmentLines,
  words: ReadonlySet<string>,
): { readonly line: string | undefined; readonly count: number } {
  let [best, most] = ['', 0];
  for (const line of fragment.text.split('\n')) {
    if (/^\s*(?:frontend|backend|userlist)\s/.test(line)) continue; // its own name
    const count = new Set(wordsOf(line).filter((word) => words.has(word))).size;
    if (count > most) [best, most] = [line.trim(), count];
  }
  return { line: most > 0 ? best : undefined, count: most };
}

/** Names as HAProxy's proxies and servers may have them, and what else looks like one. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/[A-Za-z0-9_.:-]+/g) ?? [];
}
