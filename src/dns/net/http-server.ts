import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { makeBoundedServer, sendPieces } from '../../lib/bounded-http.ts';
import type { Endpoint } from '../../lib/endpoint.ts';
import { isAddressOrLocal, nameInHost } from '../../lib/host-header.ts';
import type { Logger } from '../../lib/logger.ts';
import { sentence } from '../../lib/sentence.ts';
import { inSlices } from '../../lib/slices.ts';
import { plain, type HttpAnswer, type HttpQuestion, type TextAnswer } from '../answers/mesos-http.ts';

/** What the HTTP server of the DNS side needs. */
export interface HttpServing {
  readonly endpoint: Endpoint;
  readonly answer: (question: HttpQuestion) => HttpAnswer;
  /** Whether this server may be called by a name, besides addresses and localhost. */
  readonly isOwnName: (name: string) => boolean;
  readonly log: Pick<Logger, 'debug'>;
  /** Stops the server; open connections are closed. */
  readonly signal: AbortSignal;
}

/** No request needs a body. A client that sends one may send this many bytes. */
const MOST_BODY = 64 * 1024;
/** The most lists of everything that are made at a time; each needs memory for all names. */
const MOST_LISTINGS = 2;
/** How long a client may take to read an answer, in milliseconds. */
const WHOLE_MS = 60_000;

/** Answers over HTTP on an endpoint until the signal aborts. Resolves when it listens; rejects when the endpoint can't be opened. */
export async function serveHttp(serving: HttpServing): Promise<void> {
  const { endpoint, log, signal } = serving;
  const handle = makeHandle(serving);
  const server = makeBoundedServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.debug({ path: request.url?.slice(0, 200), reason: sentence(error) }, 'a request to the HTTP side of DNS could not be answered');
      response.destroy();
    });
  }, signal);
  const { address, port } = endpoint;
  await once(server.listen({ host: address, port, ipv6Only: isIPv6(address) }), 'listening');
  server.on('error', () => undefined); // a connection could not be accepted
  if (signal.aborted) server.close();
}

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function makeHandle({ answer, isOwnName, signal }: HttpServing): Handle {
  let listings = 0;
  return async (request, response) => {
    limitBody(request);
    const { host } = request.headers;
    const isOwn = host === undefined || isAddressOrLocal(host) || isOwnName(nameInHost(host)); // every browser sends a host
    const made = isOwn ? answer(questionOf(request)) : plain(421, 'Misdirected Request');
    if ('text' in made) {
      sendText(response, made);
    } else if (listings >= MOST_LISTINGS) {
      response.setHeader('Retry-After', '1');
      sendText(response, plain(503, 'Service Unavailable'));
    } else {
      listings++;
      response.writeHead(made.status, { 'Content-Type': made.type, ...ALWAYS });
      const over = AbortSignal.any([signal, goneSignal(response), AbortSignal.timeout(WHOLE_MS)]);
      await sendPieces(response, inSlices(made.pieces), over).finally(() => listings--);
    }
  };
}

/** Aborts when the client has gone, or has the whole answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

/** No browser guesses the type of an answer. */
const ALWAYS = { 'X-Content-Type-Options': 'nosniff' } as const;

function limitBody(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BODY) request.destroy();
  });
}

function questionOf({ method = 'GET', url = '/', headers }: IncomingMessage): HttpQuestion {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const [path = ''] = url.split('?', 1);
  return { method, path, accept: headers.accept, bodyType: hasBody ? (headers['content-type'] ?? '') : undefined };
}

function sendText(response: ServerResponse, { status, type, text }: TextAnswer): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text), ...ALWAYS });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
