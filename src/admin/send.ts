import type { ServerResponse } from 'node:http';
import { sendPieces } from '../lib/bounded-http.ts';
import { inSlices } from '../lib/slices.ts';
import type { RouteAnswer } from './route.ts';

/** Of every answer: nobody keeps it, nobody guesses its type, and no page shows it or reads it. */
const ALWAYS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Sends an answer, no faster than it is read; ends early when the reader is gone or the signal aborts. HEAD gets no body. */
export async function send(response: ServerResponse, answer: RouteAnswer, signal: AbortSignal): Promise<void> {
  const { status, type, headers } = answer;
  const length = 'text' in answer ? { 'content-length': Buffer.byteLength(answer.text) } : {};
  response.writeHead(status, { ...ALWAYS, 'content-type': type, ...length, ...headers });
  if (response.req.method === 'HEAD') response.end();
  else if ('text' in answer) response.end(answer.text);
  else await sendPieces(response, 'pieces' in answer ? inSlices(answer.pieces) : answer.stream, signal);
}
