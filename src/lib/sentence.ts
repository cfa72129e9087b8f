import { inspect, types } from 'node:util';

/**
 * Returns an error as words for a person: its message, then a colon and the message of its cause. `fetch` puts the reason into `cause`
 * (`fetch failed` <- `connect ECONNREFUSED 127.0.0.1:8080`), and failed tries on several addresses into an AggregateError without a message.
 */
export function sentence(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && at !== null && depth < 5; depth++) {
    if (!isError(at)) {
      parts.push(typeof at === 'string' ? at : inspect(at, { depth: 1, breakLength: Infinity }));
      break;
    }
    const message = onOneLine(at.message).replace(/\.$/, '');
    if (message !== '' && !parts.some((part) => part.includes(message))) parts.push(message);
    if (message === '' && 'errors' in at && Array.isArray(at.errors)) parts.push(at.errors.map(sentence).join(', '));
    at = at.cause;
  }
  return parts.length > 0 ? parts.join(': ') : 'unknown error';
}

/** Node's message about a text that is no JSON quotes the text, line ends and all. */
function onOneLine(words: string): string {
  return words
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** Also recognises errors of Node's core inside jest, where they are instances of a different `Error` class. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}
