import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { freePorts } from '../ports.ts';
import type { Ends } from '../fixtures/stage.ts';

/** One request at a door. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** For `/v2/events`. */
  readonly isStream: boolean;
  /** Lets it through to Marathon; `change` makes another body of the answer's. */
  readonly pass: (change?: (body: string) => string) => void;
}

/** A way to a Marathon on which things can go wrong that a Marathon does not do itself: a proxy that hangs, a host that is gone. */
export interface Door {
  /** 'http://127.0.0.1:20123' */
  readonly url: string;
  /** Where Marathon is; before this is said, every request is let down. */
  readonly leadTo: (marathon: string) => void;
  /** What is done with requests from now on; lets them pass at first. */
  behave: (visit: Visit) => void;
  /** Nobody listens any more, and all connections end. */
  readonly shut: () => Promise<void>;
  /** As at first. */
  readonly open: () => Promise<void>;
  /** Ends the event streams, in the middle of whatever they say. */
  readonly cutStreams: () => void;
  /** The event streams that are open say nothing any more, and stay open. */
  readonly hush: () => void;
  /** They go on, with all that was kept back. */
  readonly goOn: () => void;
  /** Says something on all event streams that Marathon has not said. */
  readonly say: (text: string) => void;
}

interface Stream {
  readonly response: ServerResponse;
  readonly answer: IncomingMessage;
}

export const letPass = ({ pass }: Visit): void => {
  pass();
};

/** A door that is open; it ends with `ends`. */
export async function makeDoor(ends: Ends): Promise<Door> {
  const [port = 0] = await freePorts(1);
  let to = '';
  const streams = new Set<Stream>();
  const server = createServer((request, response) => {
    const isStream = request.url?.startsWith('/v2/events') === true;
    door.behave({ request, response, isStream, pass: (change) => void passOn({ to, request, response, isStream, streams, change }) });
  });
  const shut = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const open = async (): Promise<void> => {
    if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  const door: Door = {
    url: `http://127.0.0.1:${port}`,
    leadTo: (marathon) => {
      to = marathon;
    },
    behave: letPass,
    shut,
    open,
    cutStreams: () => {
      for (const { response } of streams) response.destroy();
    },
    hush: () => {
      for (const { response, answer } of streams) answer.unpipe(response).pause();
    },
    goOn: () => {
      for (const { response, answer } of streams) answer.pipe(response);
    },
    say: (text) => {
      for (const { response } of streams) response.write(text);
    },
  };
  await open();
  ends.push(shut);
  return door;
}

interface Passing extends Omit<Visit, 'pass'> {
  readonly to: string;
  readonly streams: Set<Stream>;
  readonly change: ((body: string) => string) | undefined;
}

async function passOn({ to, request, response, isStream, streams, change }: Passing): Promise<void> {
  const headers = { ...request.headers, 'accept-encoding': 'identity' }; // so that a body can be read here
  const onward = ask(`${to}${request.url ?? ''}`, { headers, agent: false });
  response.once('close', () => onward.destroy());
  try {
    const [answer] = (await once(onward.end(), 'response')) as [IncomingMessage];
    if (change !== undefined) {
      let body = '';
      for await (const chunk of answer.setEncoding('utf8')) body += String(chunk);
      response.setHeader('content-type', 'application/json');
      response.end(change(body));
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
    if (isStream) {
      const stream = { response, answer };
      streams.add(stream);
      response.once('close', () => streams.delete(stream));
    }
    answer.on('error', () => response.destroy()).pipe(response);
  } catch {
    response.destroy(); // whoever asked has gone, or Marathon has
  }
}
