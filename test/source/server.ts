import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Logger } from '../../src/lib/logger.ts';

/** What was asked of a server. */
export interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const open: Server[] = [];

/** A server on 127.0.0.1, its address, and what it was asked so far. */
export async function serve(
  listener: RequestListener,
  tls?: { readonly key: string; readonly cert: string },
): Promise<{ readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const record: RequestListener = (request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    listener(request, response);
  };
  const server = tls === undefined ? createServer(record) : createTlsServer(tls, record);
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, asked };
}

/** Ends all servers and their connections, also those that hang. */
export async function closeServers(): Promise<void> {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** An address where nobody listens. */
export async function refusedUrl(): Promise<string> {
  const { url } = await serve(() => undefined);
  const server = open.pop();
  await new Promise((resolve) => server?.close(resolve));
  return url;
}

/** A logger, and all that was logged, level first. */
export function recordLog(): { readonly log: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write = (line: string): void => {
    const { level, msg, ...facts } = JSON.parse(line) as Record<string, unknown>;
    lines.push(`${pino.levels.labels[Number(level)] ?? ''} ${String(msg)} ${JSON.stringify(facts)}`);
  };
  return { log: pino({ level: 'debug', base: null, timestamp: false }, { write }), lines };
}
