/** The words of a line as HAProxy reads them: quotes and backslashes are taken off, and what stands behind a bare `#` is a comment. */
export function wordsOfLine(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  const pattern = /\\(.)|"((?:\\.|[^"\\])*)"?|'([^']*)'?|([ \t]+)|(#)|([^\\"' \t#]+)/gy;
  for (const [, escaped, doubled, single, blank, comment, plain] of line.matchAll(pattern)) {
    if (comment !== undefined && word === undefined) break;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (escaped ?? doubled?.replace(/\\(.)/g, '$1') ?? single ?? plain ?? comment ?? '');
  }
  return word === undefined ? words : [...words, word];
}
