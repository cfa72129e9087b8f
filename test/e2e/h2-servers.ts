import { createSecureServer, createServer as createH2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createHash } from 'node:crypto';

/** A certificate and its key. */
interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What was asked by HAProxy's checks: '2.0 GET /health localhost'. */
export type Seen = string[];

/**
 * A server that speaks HTTP/2 alone, over TLS when it has a certificate. `/echo.Echo/Call` is a gRPC method that sends back each message as it comes;
 * a WebSocket gets back what it sends; `/sick` is answered by 503; everything else by what came.
 */
export function h2Server(seen: Seen, pair?: Pair): Http2Server {
  const settings = { settings: { enableConnectProtocol: true } };
  const server = pair === undefined ? createH2Server(settings) : createSecureServer({ ...settings, ...pair });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    const path = String(headers[':path']);
    const host = headers[':authority'] ?? headers.host; // HAProxy sends the second to a server [2.6 to 3.4]
    if (path === '/health' || path === '/sick') seen.push(`2.0 ${String(headers[':method'])} ${path} ${String(host)}`);
    if (headers[':method'] === 'CONNECT') {
      echo(stream, String(headers[':protocol']));
      return;
    }
    if (path === '/echo.Echo/Call') {
      call(stream, String(headers['te']));
      return;
    }
    stream.respond({ ':status': path === '/sick' ? 503 : 200 });
    stream.end(JSON.stringify({ version: '2.0', host, path }));
  });
  return server;
}

function echo(stream: ServerHttp2Stream, protocol: string): void {
  stream.respond({ ':status': 200, 'x-protocol': protocol });
  stream.pipe(stream);
}

/** The state of a gRPC call is in the trailers, behind the body. */
function call(stream: ServerHttp2Stream, te: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-te': te }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'done' });
  });
  stream.on('data', (data) => stream.write(data)).on('end', () => stream.end());
}

/** A server of HTTP/1.1 whose WebSockets get back what they send, with the frames left as they are. */
export function h1Server(): Server {
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ version: request.httpVersion, host: request.headers.host }));
  });
  server.on('upgrade', (request, socket: Duplex) => {
    const key = `${String(request.headers['sec-websocket-key'])}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.on('error', () => undefined);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  return server;
}
