/**
 * Matches quoted words, escaped characters, and (in its group) the characters `\n` or `\r\n` that stand for a line end. Before a header's name they
 * do not stand for one (`HTTP/1.1\r\nHost:\ shop`).
 */
const ENDS = /"(?:[^"\\]|\\.)*"|'[^']*'|((?:\\r)?\\n(?![\w-]+:))|\\./gs;

/**
 * Returns a text with real line ends. Web forms and shells turn a line end into the characters `\n` or `\r\n`. In a text without any real line end
 * these characters are replaced by one. In a text that has a real line end, and inside quotes, they are kept (`tcp-check send PING\r\n`).
 */
export function withLineEnds(text: string): string {
  if (text.includes('\n')) return text.replaceAll('\r\n', '\n');
  return text.replace(ENDS, (found: string, end?: string) => (end === undefined ? found : '\n'));
}
