import { afterEach } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Open {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly folder: string;
}

/** Makes sockets that give `reply` the line and the connection; all are gone after each test. */
export function makeSockets(): (reply: (line: string, socket: Socket) => void) => Promise<string> {
  const open: Open[] = [];
  afterEach(async () => {
    for (const { server, sockets, folder } of open.splice(0)) {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
  return async (reply) => {
    const folder = await mkdtemp(join(tmpdir(), 'socket-'));
    const socketPath = join(folder, 'haproxy.sock');
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket.on('error', () => undefined));
      let line = '';
      socket
        .on('data', (chunk) => (line += chunk.toString()))
        .on('end', () => {
          reply(line, socket);
        });
    });
    open.push({ server, sockets, folder });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    return socketPath;
  };
}

/** The worker that a played HAProxy has. */
export interface Played {
  version: string;
  pid: number;
  started?: number;
  stopping?: boolean;
}

/**
 * What a worker answers to a line: to each command its text, and behind it the blank line of its release. A text without a line end (as `Server
 * deleted.` of 2.6) has none.
 */
export function answersOf(line: string, played: Played, says: (command: string) => string): string {
  const { version, pid, started = 1, stopping = false } = played;
  let text = '';
  for (const piece of line.trim().split(';')) {
    const command = piece.replace(/^@1 /, '');
    const answer =
      command === 'show info'
        ? `Name: HAProxy\nVersion: ${version}\nPid: ${pid}\nStopping: ${stopping ? 1 : 0}\nStart_time_sec: ${started}\nBuild info: ${version}\n`
        : command === 'show version'
          ? `${version}\n`
          : says(command);
    text += `${answer}\n`;
  }
  return text;
}
