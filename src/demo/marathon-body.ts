import type { IncomingMessage } from 'node:http';

/** Reads a request's body as JSON; undefined when there is none, or something else. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
