import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import type { Handling } from '../../src/admin/handler.ts';
import { makeAdminServer } from '../../src/admin/server.ts';

/** What came back. */
export interface Heard {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks over HTTP; the socket, or the port, is in the options. */
export async function ask(options: RequestOptions, body = ''): Promise<Heard> {
  const asked = request({ host: '127.0.0.1', agent: false, ...options });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number; headers: IncomingHttpHeaders }];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

const quiet = { debug: () => undefined, warn: () => undefined };

/** An admin server on a socket and on a free port, until `ends` are called. */
export async function serveAdmin(handling: Pick<Handling, 'routes'> & Partial<Handling>, ends: (() => unknown)[]) {
  const over = new AbortController();
  const folder = await mkdtemp(path.join(tmpdir(), 'admin-'));
  ends.push(
    () => {
      over.abort();
    },
    () => rm(folder, { recursive: true, force: true }),
  );
  const server = makeAdminServer({ names: ['lb1.acme.org'], token: () => Promise.resolve(undefined), log: quiet, ...handling });
  const socketPath = path.join(folder, 'admin.sock');
  const port = await freePort();
  const isThere = await server.onSocket(socketPath, over.signal);
  await server.onAddress({ address: '127.0.0.1', port }, over.signal);
  return { socketPath, port, isThere, over };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
