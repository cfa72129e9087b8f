import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpoint, listen } from './listen.ts';

/** Where a backend listens and what it says. */
export interface BackendSettings {
  /** One of this machine: '127.84.0.196' stands for Calico's 192.168.84.196. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Of the task it stands for: 'nginx.0001'. */
  readonly name: string;
  /** How long each answer takes, in ms; none when left out. */
  readonly delayMs?: number;
  /** Told of each request before it is answered; its body is not read. */
  readonly onRequest?: (request: IncomingMessage) => void;
}

/** A real HTTP server that stands for one task. */
export interface RunningBackend {
  readonly address: string;
  readonly port: number;
  /** How many requests came. */
  requests(): number;
  /** Accepts no connection any more, lets running requests finish for 1 s at most, and resolves when all connections are closed. */
  close(): Promise<void>;
}

/** How long a client may ask `/slow` to wait. */
const LONGEST_MS = 60_000;
const FINISH_MS = 1_000;

/**
 * Starts a backend that answers every method and path with 200 and a line that names it; `/slow?ms=500` half a second later. Rejects with an
 * Error in words when it cannot listen there.
 */
export async function startBackend({ address, port: wantedPort, name, delayMs = 0, onRequest }: BackendSettings): Promise<RunningBackend> {
  let requests = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }); // longer than HAProxy keeps an idle connection to reuse it
  const port = await listen({ server, address, port: wantedPort, who: `the backend "${name}"` });
  const body = `Hello from task ${name} at ${endpoint(address, port)}\n`;
  server.on('request', (request, response) => {
    requests++;
    onRequest?.(request);
    request.resume();
    void answer({ server, response, body, ms: delayMs + askedDelay(request) });
  });
  return { address, port, requests: () => requests, close: () => close(server) };
}

/** `/slow?ms=500`: 500; 0 for any other path, and for what is no number. */
function askedDelay({ url = '' }: IncomingMessage): number {
  const [path, search] = url.split('?', 2);
  const ms = path === '/slow' ? Number(new URLSearchParams(search).get('ms')) : 0;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
}

interface Answering {
  readonly server: Server;
  readonly response: ServerResponse;
  readonly body: string;
  readonly ms: number;
}

/** Waits, unless the client goes away; a backend that is being closed keeps no connection. */
async function answer({ server, response, body, ms }: Answering): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  if (ms > 0) await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  if (gone.signal.aborted) return;
  if (!server.listening) response.setHeader('Connection', 'close');
  response.writeHead(200, { 'Content-Type': 'text/plain;charset=utf-8', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => {
      server.closeAllConnections();
    }, FINISH_MS);
    server.close(() => {
      clearTimeout(patience);
      resolve();
    });
    server.closeIdleConnections();
  });
}
