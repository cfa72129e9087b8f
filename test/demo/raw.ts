import { connect } from 'node:net';

/** A TCP connection as bytes: what was received so far, and waiting for more. */
export interface Raw {
  text(): string;
  /** All that was received, as soon as it matches; rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>;
  /** All that was received, when the connection is closed, however. */
  readonly closed: Promise<string>;
  close(): void;
}

/** Sends one request head, in lines, and listens. */
export function openRaw(port: number, lines: readonly string[]): Raw {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  let look = (): void => undefined;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    look();
  });
  socket.on('error', () => undefined); // a reset; 'close' follows
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => {
      resolve(text);
      look();
    });
  });
  socket.write([...lines, 'Host: marathon', '', ''].join('\r\n'));
  return {
    text: () => text,
    closed,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (pattern.test(text)) resolve(text);
          else if (socket.destroyed) reject(new Error(`connection closed before ${String(pattern)}: ${JSON.stringify(text)}`));
        };
        look();
      }),
    close: () => socket.destroy(),
  };
}

/** One event of a stream. */
export interface Frame {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event stream as Marathon's clients see it. */
export interface Stream extends Raw {
  frames(): readonly Frame[];
  /** The frames so far, as soon as one is of this type. */
  framesUntil(event: string): Promise<readonly Frame[]>;
}

/** Attaches to `/v2/events` and waits for the head. `query`: '?event_type=…' or nothing. */
export async function openStream(port: number, query = ''): Promise<Stream> {
  const raw = openRaw(port, [`GET /v2/events${query} HTTP/1.1`, 'Accept: text/event-stream']);
  await raw.until(/\r\n\r\n/);
  const frames = (): readonly Frame[] =>
    [...raw.text().matchAll(/event: (.*)\r\ndata: (.*)\r\n\r\n/g)].map(([, event = '', data = '']) => ({
      event,
      data: JSON.parse(data) as Frame['data'],
    }));
  return {
    ...raw,
    frames,
    framesUntil: (event) => raw.until(new RegExp(`event: ${event}\r\ndata: .*\r\n\r\n`)).then(frames),
  };
}

/** The types of some frames. */
export function typesOf(frames: readonly Frame[]): readonly string[] {
  return frames.map(({ event }) => event);
}

/** A JSON document, whatever its status. */
export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}
