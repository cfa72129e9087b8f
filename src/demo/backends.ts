import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpoint, listen } from './listen.ts';

/** Where a backend listens and how it answers. */
export interface DemoBackendSettings {
  /** An address of this machine: '127.84.0.196' stands for Calico's 192.168.84.196. */
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The name of the task that it stands for: 'nginx.0001'. */
  readonly name: string;
  /** How long each answer takes, in ms; 0 when left out. */
  readonly delayMs?: number;
  /** The status of an answer, by the path of its request; 200 when left out. */
  readonly status?: (path: string) => number;
  /** Called with each request before it is answered; the body is not read. */
  readonly onRequest?: (request: IncomingMessage) => void;
}

/** A real HTTP server that stands for one task. */
export interface RunningBackend {
  readonly address: string;
  readonly port: number;
  /** How many requests have come. */
  readonly requests: () => number;
  /** Stops accepting connections, lets running requests finish for at most 1 s, and resolves when all connections are closed. */
  readonly close: () => Promise<void>;
}

/** The longest delay that a client may ask `/slow` for, in ms. */
const LONGEST_MS = 60_000;
const FINISH_MS = 1_000;

/**
 * Starts a backend that answers every method and path with 200, unless `status` says otherwise, and a line that names the task; `/slow?ms=500` is answered half a second later.
 * Rejects with an Error in words when it can't listen there.
 */
export async function startBackend({
  address,
  port: wantedPort,
  name,
  delayMs = 0,
  status = () => 200,
  onRequest,
}: DemoBackendSettings): Promise<RunningBackend> {
  let requests = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }); // longer than HAProxy keeps an idle connection for reuse
  const port = await listen({ server, address, port: wantedPort, who: `the backend "${name}"` });
  const body = `Hello from task ${name} at ${endpoint(address, port)}\n`;
  server.on('request', (request, response) => {
    requests++;
    onRequest?.(request);
    request.resume();
    const [path = ''] = (request.url ?? '').split('?', 1);
    void answer({ server, response, status: status(path), body, ms: delayMs + askedDelay(request) });
  });
  return { address, port, requests: () => requests, close: () => close(server) };
}

/** The delay in ms that a request asks for: 500 for `/slow?ms=500`; 0 for other paths and for a value that is not a number. */
function askedDelay({ url = '' }: IncomingMessage): number {
  const [path, search] = url.split('?', 2);
  const ms = path === '/slow' ? Number(new URLSearchParams(search).get('ms')) : 0;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
}

interface Answering {
  readonly server: Server;
  readonly response: ServerResponse;
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** Waits, then answers, unless the client has gone. A backend that is being closed keeps no connection open. */
async function answer({ server, response, status, body, ms }: Answering): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  if (ms > 0) await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  if (gone.signal.aborted) return;
  if (!server.listening) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'text/plain;charset=utf-8', 'Content-Length': Buffer.byteLength(body) });
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
