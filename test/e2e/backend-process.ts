import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Ends } from './fixtures/stage.ts';

/** A server that is a process of its own. */
export interface BackendProcess {
  /** As `kill -9` does: the kernel closes what it had open. */
  readonly kill: () => Promise<void>;
}

const PROGRAM = `
const [address, port] = process.argv.slice(1);
const body = 'Hello from a process at ' + address + ':' + port + '\\n';
const server = require('node:http').createServer({ keepAliveTimeout: 60000 }, (request, response) => {
  setTimeout(() => response.end(body), 3); // so that some requests are in work when it is killed
});
server.listen(Number(port), address, () => process.stdout.write('listens'));
`;

/** Resolves when it listens; it ends with the test. */
export async function startBackendProcess(place: {
  readonly address: string;
  readonly port: number;
  readonly ends: Ends;
}): Promise<BackendProcess> {
  const child = spawn(process.execPath, ['-e', PROGRAM, place.address, String(place.port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  place.ends.push(kill);
  await Promise.race([once(child.stdout, 'data'), ended]);
  if (child.exitCode !== null) throw new Error(`the backend at ${place.address}:${place.port} has ended with ${child.exitCode}`);
  return { kill };
}
