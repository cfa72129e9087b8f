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
