import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { until } from './until.ts';

/** What a server did with a request: a status, or that it ended the stream or the connection. */
export type Outcome = `status ${string}` | 'stream ended' | 'connection ended';

/** A request as it goes over the wire, with whatever is wrong in it: headers in order, names and values as they are written. */
export interface RawRequest {
  readonly headers: readonly (readonly [string, string])[];
  /** The name in the TLS hello; a.test when left out. */
  readonly name?: string;
  /** No body when left out. */
  readonly body?: string;
}

const [DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, CONTINUATION] = [0, 1, 3, 4, 7, 9];
const [END_STREAM, END_HEADERS, ACK] = [1, 4, 1];
const LONGEST_FRAME = 16_384;

/** A frame as it goes over the wire; the length in its head is that of its payload. */
export interface RawFrame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

/** Sends one request over HTTP/2, as a client would that does not check what it writes; node's own refuses to. */
export async function askRaw(port: number, { headers, body, name = 'a.test' }: RawRequest): Promise<Outcome> {
  return speak(port, name, (socket) => {
    sendHeaders(socket, headerBlock(headers), body === undefined);
    if (body !== undefined) send(socket, DATA, END_STREAM, Buffer.from(body));
  });
}

/** Sends frames, and behind them a request on stream 9 with these headers: its status is the outcome where the frames were taken. */
export async function askBehind(port: number, frames: readonly RawFrame[], headers: RawRequest['headers']): Promise<Outcome> {
  return speak(port, 'a.test', (socket) => {
    for (const { type, flags = 0, stream = 0, payload = Buffer.alloc(0) } of frames) send(socket, type, flags, payload, stream);
    send(socket, HEADERS, END_HEADERS + END_STREAM, headerBlock(headers), 9);
  });
}

/** Headers as a frame carries them. */
export function headerBlock(headers: RawRequest['headers']): Buffer {
  return Buffer.concat(headers.map(([name, value]) => literal(name, value)));
}

async function speak(port: number, name: string, say: (socket: TLSSocket) => void): Promise<Outcome> {
  const socket = connect({ host: '127.0.0.1', port, servername: name, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  const seen: Seen = { bytes: Buffer.alloc(0), ended: false };
  socket.on('error', () => (seen.ended = true)).on('close', () => (seen.ended = true));
  socket.on('data', (data: Buffer) => (seen.bytes = Buffer.concat([seen.bytes, data])));
  try {
    await once(socket, 'secureConnect');
    socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`);
    send(socket, SETTINGS, 0, Buffer.alloc(0), 0);
    say(socket);
    return await until('an answer', () => outcomeOf(socket, seen));
  } finally {
    socket.destroy();
  }
}

interface Seen {
  bytes: Buffer;
  ended: boolean;
}

function send(socket: TLSSocket, type: number, flags: number, payload: Buffer, stream = 1): void {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  socket.write(Buffer.concat([head, payload]));
}

function sendHeaders(socket: TLSSocket, block: Buffer, isLast: boolean): void {
  for (let at = 0; at === 0 || at < block.length; at += LONGEST_FRAME) {
    const flags = (at + LONGEST_FRAME >= block.length ? END_HEADERS : 0) + (at === 0 && isLast ? END_STREAM : 0);
    send(socket, at === 0 ? HEADERS : CONTINUATION, flags, block.subarray(at, at + LONGEST_FRAME));
  }
}

/** A header that is written out [RFC 7541, 6.2.2], without Huffman's code. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function text(words: string): Buffer {
  const bytes = Buffer.from(words, 'latin1');
  return Buffer.concat([length(bytes.length), bytes]);
}

function length(count: number): Buffer {
  if (count < 127) return Buffer.from([count]);
  const bytes = [127];
  let rest = count - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The first frame that says what became of the request; the settings of the other side are acknowledged on the way. */
function outcomeOf(socket: TLSSocket, seen: Seen): Outcome | undefined {
  while (seen.bytes.length >= 9) {
    const size = seen.bytes.readUIntBE(0, 3);
    if (seen.bytes.length < 9 + size) break;
    const [type, flags, payload] = [seen.bytes[3], seen.bytes[4] ?? 0, seen.bytes.subarray(9, 9 + size)];
    seen.bytes = seen.bytes.subarray(9 + size);
    if (type === SETTINGS && (flags & ACK) === 0) send(socket, SETTINGS, ACK, Buffer.alloc(0), 0);
    if (type === HEADERS) return `status ${statusIn(payload)}`;
    if (type === RST_STREAM) return 'stream ended';
    if (type === GOAWAY) return 'connection ended';
  }
  return seen.ended ? 'connection ended' : undefined;
}

/** The statuses that RFC 7541 has numbers for. */
const STATUSES = new Map([200, 204, 206, 304, 400, 404, 500].map((status, i) => [0x88 + i, String(status)]));

/** HAProxy writes the status first, by number or written out. */
function statusIn(block: Buffer): string {
  return STATUSES.get(block[0] ?? 0) ?? block.subarray(2, 5).toString('latin1');
}
