import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { BindAddress } from '../haproxy/binds.ts';
import { bracketed } from '../lib/bracketed.ts';
import type { Environment } from '../lib/environment.ts';
import { escapedPath } from './worker-socket.ts';

/** The descriptor of a holder's first listener, whose only connection is there before the holder starts. */
const FILL = 3;

/**
 * The configuration of a holder: a second HAProxy with the same listening sockets, which accepts nothing. It may have one connection, and takes the one
 * that waits at its first listener, so that it never gets to the others [HAProxy 2.6, 3.0, 3.2 and 3.4, tried under load]. Where the running HAProxy does not hand
 * over a socket, `noreuseport` makes the start fail: a socket beside the running one would get a part of the connections, and nobody would answer them.
 */
export function holderText(binds: readonly BindAddress[], socketPath: string): string {
  const lines = binds.map((bind) => `  bind ${bracketed(bind.address)}:${bind.port}${optionsOf(bind)}\n`);
  return `global
  nbthread 1
  noreuseport
  maxconn 1
  stats socket ${escapedPath(socketPath)} mode 600 level admin expose-fd listeners
defaults
  mode tcp
frontend held
  bind fd@${FILL}
${lines.join('')}  tcp-request inspect-delay 24d
  tcp-request content accept if WAIT_END
`;
}

/** What decides whether a socket is the same one to HAProxy. */
function optionsOf({ v6only, interface: device, transparent }: BindAddress): string {
  return `${v6only === true ? ' v6only' : ''}${device === undefined ? '' : ` interface ${device}`}${transparent === true ? ' transparent' : ''}`;
}

/** How a holder is started. */
export interface HolderStart {
  readonly bin: string;
  readonly env: Environment;
  readonly config: string;
  /** The socket of the worker that hands over its listening sockets. */
  readonly from: string;
}

/** Runs a command until its input ends, and kills it then: a holder must not outlive the daemon, who starts HAProxy again. */
const UNTIL_INPUT_ENDS = '"$@" & child=$!; read -r _; kill -9 $child';

/** Starts a holder. It ends when `stdin` of the process does, at the latest with this process. Rejects when there is no `sh`. */
export async function startHolder({ bin, env, config, from }: HolderStart): Promise<ChildProcess> {
  const server = createServer().listen({ port: 0, host: '127.0.0.1', exclusive: true });
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const client = connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
  // What follows happens before the event loop looks for connections, so that `server` does not accept the one that the holder is to have.
  const child = await new Promise<ChildProcess>((resolve, reject) => {
    process.nextTick(() => {
      try {
        const stdio: StdioOptions = ['pipe', 'ignore', 'ignore', descriptorOf(server), descriptorOf(client)];
        const started = spawn('sh', ['-c', UNTIL_INPUT_ENDS, 'sh', bin, '-db', '-f', config, '-x', from], { detached: true, env, stdio });
        started.on('error', reject).on('spawn', () => {
          resolve(started);
        });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      server.close();
      client.destroy();
    });
  });
  child.unref();
  (child.stdin as Socket).on('error', () => undefined).unref();
  return child;
}

/** The descriptor of a socket. Node has no public name for it where the socket listens. */
function descriptorOf(socket: Server | Socket): number {
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd?: number } | null })._handle ?? {};
  if (fd === undefined || fd < 0) throw new Error('this release of Node does not tell the descriptors of sockets');
  return fd;
}
