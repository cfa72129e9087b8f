import { readFileSync } from 'node:fs';

/** A command of a page, with the lines that it prints; … stands for any text. */
export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

/** A block of a page that shows a terminal: `console` is run by a test, `console cluster` needs one and is not. */
export interface Terminal {
  readonly needs: string;
  readonly shown: readonly Shown[];
}

/** The terminals of a page. */
export function terminalsOf(page: string): readonly Terminal[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```console ?(.*)\n([^]*?)^```/gm);
  return Array.from(blocks, ([, needs = '', text = '']) => ({ needs, shown: commandsIn(text) }));
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
