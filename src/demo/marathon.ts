import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { endpoint, listen } from './listen.ts';
import { makeAppCommands, type AppCommands } from './marathon-app-commands.ts';
import type { Json } from './marathon-app.ts';
import { dialectOf } from './marathon-dialect.ts';
import { serve, type Credentials, type Misbehaviour } from './marathon-http.ts';
import { makeStore } from './marathon-store.ts';
import { makeStreams } from './marathon-streams.ts';
import { makeTaskCommands, type TaskCommands } from './marathon-task-commands.ts';

export type { AppForm, HealthCheckForm, PortForm, ReadinessCheckForm } from './marathon-app.ts';
export type { Credentials, Misbehaviour } from './marathon-http.ts';
export type { StateChange } from './marathon-task-commands.ts';
export type { TaskForm } from './marathon-task.ts';

/** Where and as what it listens. */
export interface MarathonSettings {
  /** '127.0.0.1' when left out. */
  readonly host?: string;
  /** Any free one when left out. */
  readonly port?: number;
  /** The release it speaks like, 1.3.0 or later; '1.11.24' when left out. */
  readonly version?: string;
  /** Between two heart-beats of a stream; Marathon's 10,000 ms when left out. */
  readonly heartBeatMs?: number;
  /** HTTP basic for every path; everybody may come in when left out. */
  readonly credentials?: Credentials;
}

/** A Marathon that runs inside this process: Marathon's wire outside, commands for a story or a test inside. */
export interface Marathon extends AppCommands, TaskCommands {
  /** 'http://127.0.0.1:8080', without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Switches that can be set at any time, both 'ok' at first. */
  readonly misbehave: Misbehaviour;
  /** How many requests came, by path without its query; also those that were refused. */
  readonly requests: ReadonlyMap<string, number>;
  /** How many requests came for a path: '/v2/apps'. */
  requestsOf(path: string): number;
  /** How many bytes it has sent, heads and events included. */
  sent(): number;
  /** How many clients are attached to the event stream. */
  streams(): number;
  /** Ends all event streams, as a Marathon does that is no leader any more. */
  dropStreams(): void;
  /** Sends an event that no command sends. */
  sendEvent(eventType: string, fields: Json): void;
  /** Ends everything; resolves when nothing is open any more. */
  close(): Promise<void>;
}

/** Starts a Marathon without apps. Rejects with an Error for a version that it cannot play or an address where it cannot listen. */
export async function startMarathon(settings: MarathonSettings = {}): Promise<Marathon> {
  const { host = '127.0.0.1', port: wantedPort = 0, version = '1.11.24', heartBeatMs = 10_000, credentials } = settings;
  const misbehave: Misbehaviour = { apps: 'ok', events: 'ok' };
  const requests = new Map<string, number>();
  const streams = makeStreams({ heartBeatMs, silent: () => misbehave.events === 'silent' });
  const store = makeStore(dialectOf(version), streams.publish);
  const server = createServer({ keepAliveTimeout: 30_000 });
  const sent = countBytes(server);
  const port = await listen({ server, address: host, port: wantedPort, who: `the demo's Marathon` });
  const leader = endpoint(host, port);
  server.on('request', (request, response) => {
    serve({ request, response, store, streams, misbehave, requests, credentials, leader });
  });
  return {
    ...makeAppCommands(store),
    ...makeTaskCommands(store),
    url: `http://${leader}`,
    port,
    misbehave,
    requests,
    requestsOf: (path) => requests.get(path) ?? 0,
    sent,
    streams: streams.count,
    dropStreams: streams.drop,
    sendEvent: streams.publish,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** What has gone out over all connections, those that have ended included. */
function countBytes(server: Server): () => number {
  const open = new Set<Socket>();
  let before = 0;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      before += socket.bytesWritten;
    });
  });
  return () => [...open].reduce((sum, { bytesWritten }) => sum + bytesWritten, before);
}
