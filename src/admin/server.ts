import { once } from 'node:events';
import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { makeBoundedServer } from '../lib/bounded-http.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import { listenOnSocket } from '../lib/unix-socket.ts';
import { makeHandler, type Handling } from './handler.ts';

/** The admin side's HTTP servers, which answer the same on each way in. */
export interface AdminServer {
  /** Answers on a Unix socket (mode 0660) until the signal; resolves when it listens, with what says whether its file is still that socket. */
  readonly onSocket: (path: string, signal: AbortSignal) => Promise<() => Promise<boolean>>;
  /** Answers over TCP until the signal; resolves when it listens, rejects when the endpoint can't be had. */
  readonly onAddress: (endpoint: Endpoint, signal: AbortSignal) => Promise<void>;
}

/** Serves the routes; nothing listens yet. */
export function makeAdminServer(handling: Handling): AdminServer {
  const handle = makeHandler(handling);
  const make = (via: 'socket' | 'tcp', signal: AbortSignal): Server => {
    return makeBoundedServer((request, response) => void handle(request, response, via), signal);
  };
  return {
    onSocket: async (path, signal) => {
      const server = make('socket', signal);
      const { isThere, remove } = await listenOnSocket(server, path, 0o660);
      server.on('error', () => undefined); // of a connection that could not be taken
      const end = (): void => {
        void remove();
      };
      if (signal.aborted) server.close(end);
      else signal.addEventListener('abort', end, { once: true });
      return isThere;
    },
    onAddress: async ({ address, port }, signal) => {
      const server = make('tcp', signal);
      await once(server.listen({ host: address, port, ipv6Only: isIPv6(address) }), 'listening');
      server.on('error', () => undefined); // of a connection that could not be taken
      if (signal.aborted) server.close();
    },
  };
}
