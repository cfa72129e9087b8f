import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { endpoint, listen } from './listen.ts';
import { makeAppCommands, type AppCommands } from './marathon-app-commands.ts';
import type { JsonObject } from './marathon-app.ts';
import { dialectOf } from './marathon-dialect.ts';
import { serve, type Credentials, type Misbehaviour } from './marathon-http.ts';
import { makePodCommands, type PodCommands } from './marathon-pod-commands.ts';
import { makeRunner, type Launch } from './marathon-runner.ts';
import { makeStore } from './marathon-store.ts';
import { makeStreams } from './marathon-streams.ts';
import { makeTaskCommands, type TaskCommands } from './marathon-task-commands.ts';
import { makeWrites } from './marathon-writes.ts';

export type { AppForm } from './marathon-app.ts';
export type { Credentials, Misbehaviour } from './marathon-http.ts';
export type { Launch } from './marathon-runner.ts';
export type { PodForm } from './marathon-pod.ts';
export type { TaskForm } from './marathon-task.ts';

/** Where this Marathon listens, and how it behaves. */
export interface MarathonSettings {
  /** '127.0.0.1' when left out. */
  readonly host?: string;
  /** Any free port when left out. */
  readonly port?: number;
  /** The release that it speaks like, 1.3.0 or later; '1.11.24' when left out. */
  readonly version?: string;
  /** The time between two heartbeats of a stream; Marathon's 10,000 ms when left out. */
  readonly heartBeatMs?: number;
  /** HTTP basic auth for every path; no credentials are needed when left out. */
  readonly credentials?: Credentials;
  /** Starts what stands for a task of an app that somebody has posted or scaled over HTTP. Without it, such an app gets no tasks. */
  readonly launch?: Launch;
}

/** A Marathon that runs inside this process. It speaks Marathon's protocol to the outside, and has commands for a story or a test. */
export interface Marathon extends AppCommands, TaskCommands, PodCommands {
  /** For example 'http://127.0.0.1:8080', without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Faults that can be switched on at any time; both are 'ok' at first. */
  readonly misbehave: Misbehaviour;
  /** How many requests have come, by path without the query; refused requests count too. */
  readonly requests: ReadonlyMap<string, number>;
  /** How many requests have come for a path such as '/v2/apps'. */
  requestsOf(path: string): number;
  /** How many bytes it has sent, including heads and events. */
  sent(): number;
  /** How many clients are attached to the event stream. */
  streams(): number;
  /** Ends all event streams, as a Marathon does when it is no longer the leader. */
  dropStreams(): void;
  /** Sends an event that no command sends. */
  sendEvent(eventType: string, fields: JsonObject): void;
  /** Closes everything; resolves when nothing is open any more. */
  close(): Promise<void>;
}

/** Starts a Marathon without apps. Rejects with an Error for a version that it can't play, or when it can't listen. */
export async function startMarathon(settings: MarathonSettings = {}): Promise<Marathon> {
  const { host = '127.0.0.1', port: wantedPort = 0, version = '1.11.24', heartBeatMs = 10_000, credentials, launch } = settings;
  const misbehave: Misbehaviour = { apps: 'ok', pods: 'ok', events: 'ok' };
  const requests = new Map<string, number>();
  const streams = makeStreams({ heartBeatMs, silent: () => misbehave.events === 'silent' });
  const store = makeStore(dialectOf(version), streams.publish);
  const commands = { ...makeAppCommands(store), ...makeTaskCommands(store) };
  const runner = makeRunner({ store, commands, launch });
  const write = makeWrites({ store, commands, runner });
  const server = createServer({ keepAliveTimeout: 30_000 });
  const sent = countBytes(server);
  const port = await listen({ server, address: host, port: wantedPort, who: `the demo's Marathon` });
  const leader = endpoint(host, port);
  server.on('request', (request, response) => {
    serve({ request, response, store, streams, misbehave, requests, credentials, leader, write });
  });
  return {
    ...commands,
    ...makePodCommands(store),
    url: `http://${leader}`,
    port,
    misbehave,
    requests,
    requestsOf: (path) => requests.get(path) ?? 0,
    sent,
    streams: streams.count,
    dropStreams: streams.drop,
    sendEvent: streams.publish,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, runner.close()]);
    },
  };
}

/** Counts the bytes sent over all connections, including closed ones. */
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
