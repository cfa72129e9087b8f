import { once } from 'node:events';
import type { Server } from 'node:net';
import { bracketed } from '../lib/bracketed.ts';
import { sentence } from '../lib/sentence.ts';

interface Wish {
  readonly server: Server;
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Who wants to listen, in words: 'the demo Marathon'. */
  readonly who: string;
}

/** Listens and returns the port. Rejects with an Error in words that says where, what went wrong, and what to do. */
export async function listen({ server, address, port, who }: Wish): Promise<number> {
  server.listen({ host: address, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`Cannot listen on ${endpoint(address, port)} for ${who}: ${explain(cause)}`); // the message has the system's own words
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

/** What went wrong and what to do. */
function explain(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return 'another program listens there (EADDRINUSE); end it or choose another port';
  if (code === 'EACCES') return 'this user may not listen on that port (EACCES); choose another port, 1024 or higher';
  if (code === 'EADDRNOTAVAIL')
    return 'this machine has no such address (EADDRNOTAVAIL); choose 127.0.0.1 and another port, or add the address, on macOS with `sudo ifconfig lo0 alias`';
  return `${sentence(cause)}; choose another address or port`;
}

/** 'host:port', with an IPv6 address in brackets. */
export function endpoint(address: string, port: number): string {
  return `${bracketed(address)}:${port}`;
}
