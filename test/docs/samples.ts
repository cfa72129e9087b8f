/** A command that a page shows, and what the page says that it prints. */
export interface Sample {
  readonly command: string;
  readonly output: readonly string[];
}

/** The commands of a page that stand behind a `$` in an indented block, each with the lines up to the next one, or to the end of its block. */
export function samplesIn(page: string): readonly Sample[] {
  const blocks = page.match(/^ {4}\$ .*\n(?:(?: {4}.*)?\n)*/gm) ?? [];
  return blocks.flatMap((block) => {
    const lines = block.trimEnd().split('\n');
    const starts = lines.flatMap((line, i) => (line.startsWith('    $ ') ? [i] : []));
    return starts.map((start, i): Sample => {
      const output = lines.slice(start + 1, starts[i + 1]).map((line) => line.slice(4));
      while (output.at(-1) === '') output.pop();
      return { command: (lines[start] ?? '').slice(6), output };
    });
  });
}
