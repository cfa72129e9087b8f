import type { Fragment } from '../../src/model/document.ts';

/** What makes a fragment: its template, and of each of its lines the first word, and how many there are. */
export function shapeOf({ template, text }: Fragment, precision: 'words' | 'first words' = 'words'): string {
  const lines = text.split('\n').map((line) => {
    const words = wordsOf(line);
    if (words === undefined) return 'not to be read';
    return precision === 'words' ? `${words[0] ?? ''} (${words.length})` : (words[0] ?? '');
  });
  return [template, precision, ...lines].join('\n');
}

/** The words of a line as HAProxy reads it: quotes, backslashes and comments; undefined where a quote stays open. */
export function wordsOf(line: string): readonly string[] | undefined {
  const words: string[] = [];
  const rest = line.replace(/(?:\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'|[^\s"'\\#])+|#[^]*/g, (word) => {
    if (!word.startsWith('#'))
      words.push(word.replace(/\\([^])|"((?:\\[^]|[^"\\])*)"|'([^']*)'/g, (_, ...parts: string[]) => parts.slice(0, 3).join('')));
    return '';
  });
  return rest.trim() === '' ? words : undefined;
}
