import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** One server that stands for every task: it answers with the address that it was reached at, and hangs up at those of tasks that have ended. */
export async function startTasks(port: number, ended: ReadonlySet<string>): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.setHeader('x-task', request.socket.localAddress ?? '');
    response.end('ok\n');
  });
  server.on('connection', (socket) => {
    if (ended.has(socket.localAddress ?? '')) socket.resetAndDestroy();
  });
  server.listen(port, '0.0.0.0', 4096);
  await once(server, 'listening');
  return server;
}

/** Address n of 127.0.0.0/8, without its ends. */
export function addressOf(n: number): string {
  return `127.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
}
