import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** All pages. */
export const PAGES: readonly string[] = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...below('docs', '.md')];

/** The files below a folder whose names end so. */
export function below(folder: string, end: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(end));
  return names.map((name) => path.join(folder, name));
}

/** A command of a page, with the lines that it prints; … stands for any text. */
export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

/** A block of a page that shows a terminal. `console` alone is run by test/e2e/documents.test.ts; a word after it says what else it needs. */
export interface Terminal {
  readonly needs: string;
  readonly shown: readonly Shown[];
}

/** A fenced block: the words after the fence, and its text. */
export interface Block {
  readonly info: string;
  readonly text: string;
}

/** The fenced blocks of a page. */
export function blocksOf(page: string): readonly Block[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```(.*)\n([^]*?)^```$/gm);
  return Array.from(blocks, ([, info = '', text = '']) => ({ info, text }));
}

/** The terminals of a page. */
export function terminalsOf(page: string): readonly Terminal[] {
  return blocksOf(page).flatMap(({ info, text }) => {
    const [word, ...needs] = info.split(' ');
    return word === 'console' ? [{ needs: needs.join(' '), shown: commandsIn(text) }] : [];
  });
}

/** The commands of the pages that need just this, by page. */
export function commandsWith(needs: string): readonly (readonly [page: string, shown: readonly Shown[]])[] {
  return PAGES.flatMap((page) => {
    const shown = terminalsOf(page).flatMap((terminal) => (terminal.needs === needs ? terminal.shown : []));
    return shown.length === 0 ? [] : [[page, shown] as const];
  });
}

function commandsIn(text: string): readonly Shown[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = '', ...output] = part.trimEnd().split('\n');
    return { command, output };
  });
}

/** What matches the lines that a page shows. */
export function matcherOf(output: readonly string[]): RegExp {
  const lines = output.map((line) => line.split('…').map(escape).join('.*'));
  return new RegExp(`^${lines.join('\\n')}\\s*$`);
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
