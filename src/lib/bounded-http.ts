import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';

/** The most connections at a time; further ones are closed at once. */
const MOST_CONNECTIONS = 100;

/** Limits in milliseconds and bytes: no client keeps a connection by silence or by single bytes, or fills the memory with headers. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
} as const;
const SILENCE_MS = 30_000;

/** Makes an HTTP server with bounded connections, headers and times. Nothing listens yet. When the signal aborts, all connections are closed. */
export function makeBoundedServer(listener: RequestListener, signal: AbortSignal): Server {
  const server = createServer(LIMITS, listener);
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = SILENCE_MS;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (!signal.aborted) signal.addEventListener('abort', close, { once: true });
  return server;
}

/** Sends a body in pieces, no faster than the client reads it, and ends the response. Ends early when the client is gone or the signal aborts. */
export async function sendPieces(response: ServerResponse, pieces: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  response.flushHeaders();
  for await (const piece of pieces) {
    if (signal.aborted || response.destroyed) break;
    if (!response.write(piece)) await once(response, 'drain', { signal }).catch(() => undefined); // the client is gone
  }
  if (signal.aborted) response.destroy();
  else response.end();
}
