import type { Document, Fragment, Section } from '../model/document.ts';

/** A fragment with its place in the file. */
export interface FragmentLines {
  readonly fragment: Fragment;
  readonly section: Section;
  /** Line numbers in the file, starting at 1. */
  readonly first: number;
  readonly last: number;
}

/** All fragments that have at least one line, in the order of the file. */
export function linesOfFragments({ front, backends, spares = [] }: Document): readonly FragmentLines[] {
  const rows: FragmentLines[] = [];
  let last = 0;
  const add = (section: Section, fragment: Fragment): void => {
    const count = lineCount(fragment.text);
    if (count > 0) rows.push({ fragment, section, first: last + 1, last: last + count });
    last += count;
  };
  for (const section of front) for (const fragment of section.fragments) add(section, fragment);
  for (const section of [...backends, ...spares]) {
    for (const fragment of section.fragments) add(section, fragment);
    for (const fragment of section.servers.values()) add(section, fragment);
  }
  return rows;
}

function lineCount(text: string): number {
  if (text === '') return 0;
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** The row that contains a line; undefined when none does. */
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

/** The trimmed text of one line of the file. */
export function textAt({ fragment, first }: FragmentLines, line: number): string {
  return fragment.text.split('\n')[line - first]?.trim() ?? '';
}

/** The line of a row that contains the most of the given words, and how many. */
export function mentionIn(
  { fragment }: FragmentLines,
  words: ReadonlySet<string>,
): { readonly line: string | undefined; readonly count: number } {
  let [best, most] = ['', 0];
  for (const line of fragment.text.split('\n')) {
    if (/^\s*(?:frontend|backend|userlist)\s/.test(line)) continue; // a section's own name does not count
    const count = new Set(wordsOf(line).filter((word) => words.has(word))).size;
    if (count > most) [best, most] = [line.trim(), count];
  }
  return { line: most > 0 ? best : undefined, count: most };
}

/** The words of a text that may be names of proxies or servers in HAProxy. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/[A-Za-z0-9_.:-]+/g) ?? [];
}
