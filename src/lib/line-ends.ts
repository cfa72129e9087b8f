/** Words in quotes, escaped characters, and what stands for the end of a line; not in front of a header's name (`HTTP/1.1\r\nHost:\ shop`). */
const ENDS = /"(?:[^"\\]|\\.)*"|'[^']*'|((?:\\r)?\\n(?![\w-]+:))|\\./gs;

/**
 * A text with real line ends. Forms and shells make the characters `\n` or `\r\n` of the end of a line: they stand for one where the text has no
 * real line end. Where it has one they are part of what is written (`tcp-check send PING\r\n`), as they are in quotes.
 */
export function withLineEnds(text: string): string {
  if (text.includes('\n')) return text.replaceAll('\r\n', '\n');
  return text.replace(ENDS, (found: string, end?: string) => (end === undefined ? found : '\n'));
}
