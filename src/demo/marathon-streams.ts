import type { Socket } from 'node:net';
import type { Json } from './marathon-app.ts';

/** The clients of `/v2/events`. */
export interface Streams {
  /** Takes a socket whose head has been written; everybody is told of it, itself too. */
  readonly attach: (client: { readonly socket: Socket; readonly wanted: Wanted }) => void;
  /** Tells all clients that want this type. */
  readonly publish: (eventType: string, fields: Json) => void;
  /** Ends all streams, as a Marathon does that is no leader any more. */
  readonly drop: () => void;
  /** How many clients are attached. */
  readonly count: () => number;
}

/** Whether a client's filter lets a type of event pass. */
export type Wanted = (eventType: string) => boolean;

interface Stream {
  send(eventType: string, frame: string): void;
  end(): void;
}

interface Settings {
  readonly heartBeatMs: number;
  /** While true nothing is written to any stream, heart-beats neither. */
  readonly silent: () => boolean;
}

/** No clients yet. Events have no ids and are not kept: who is not attached misses them. */
export function makeStreams({ heartBeatMs, silent }: Settings): Streams {
  const streams = new Set<Stream>();
  const publish: Streams['publish'] = (eventType, fields) => {
    const data = JSON.stringify({ ...fields, eventType, timestamp: new Date().toISOString() });
    for (const stream of silent() ? [] : streams) stream.send(eventType, `event: ${eventType}\r\ndata: ${data}\r\n\r\n`);
  };
  return {
    publish,
    attach({ socket, wanted }) {
      const { remoteAddress } = socket;
      const stream = openStream({ socket, wanted, heartBeatMs, silent });
      streams.add(stream);
      socket.once('close', () => {
        stream.end();
        streams.delete(stream);
        publish('event_stream_detached', { remoteAddress });
      });
      publish('event_stream_attached', { remoteAddress });
    },
    drop() {
      for (const stream of streams) stream.end();
    },
    count: () => streams.size,
  };
}

/**
 * One client. Jetty beats with `\r` and `\n` in two writes, so that they can arrive apart: here the `\n` comes a turn of the event loop later,
 * or just before an event that would come between.
 */
function openStream({ socket, wanted, heartBeatMs, silent }: Settings & { readonly socket: Socket; readonly wanted: Wanted }): Stream {
  let half = false;
  const finishBeat = (): void => {
    if (half && socket.writable) socket.write('\n');
    half = false;
  };
  const beats = setInterval(() => {
    if (silent() || !socket.writable) return;
    half = true;
    socket.write('\r');
    setImmediate(finishBeat);
  }, heartBeatMs);
  beats.unref();
  return {
    send(eventType, frame) {
      if (!wanted(eventType) || !socket.writable) return;
      finishBeat();
      socket.write(frame);
    },
    end() {
      clearInterval(beats);
      if (socket.writable) socket.end(() => socket.destroy());
    },
  };
}
