import type { Socket } from 'node:net';
import type { JsonObject } from './marathon-app.ts';

/** The clients of `/v2/events`. */
export interface Streams {
  /** Takes a socket whose head has been written, and reports it to all clients, including itself. */
  readonly attach: (client: { readonly socket: Socket; readonly wanted: EventFilter }) => void;
  /** Sends an event to all clients whose filter accepts its type. */
  readonly publish: (eventType: string, fields: JsonObject) => void;
  /** Ends all streams, as a Marathon does when it is no longer the leader. */
  readonly drop: () => void;
  /** How many clients are attached. */
  readonly count: () => number;
}

/** Whether a client's filter accepts a type of event. */
export type EventFilter = (eventType: string) => boolean;

interface EventClient {
  send(eventType: string, frame: string): void;
  end(): void;
}

interface Settings {
  readonly heartBeatMs: number;
  /** While true nothing is written to any stream, not even heartbeats. */
  readonly silent: () => boolean;
}

/** Makes an empty set of clients. Events have no ids and are not kept: a client that is not attached misses them. */
export function makeStreams({ heartBeatMs, silent }: Settings): Streams {
  const streams = new Set<EventClient>();
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
 * One client. Jetty sends a heartbeat as `\r` and `\n` in two writes, which can arrive separately. Here the `\n` follows one turn of the event loop
 * later, or just before an event that would come in between.
 */
function openStream({
  socket,
  wanted,
  heartBeatMs,
  silent,
}: Settings & { readonly socket: Socket; readonly wanted: EventFilter }): EventClient {
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
