import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Logger } from '../../lib/logger.ts';
import { sentence } from '../../lib/sentence.ts';
import { textOf, type Endpoint } from '../../lib/endpoint.ts';
import { cutReply, type Respond } from '../answers/respond.ts';
import type { Allow } from './rate.ts';
import { listenTcp } from './tcp.ts';
import { unlistened } from './unlistened.ts';
import type { DnsListener } from './listening.ts';

/** Where the DNS server listens, and how it answers. */
export interface ServerSettings {
  readonly endpoints: readonly Endpoint[];
  readonly respond: Respond;
  readonly allow: Allow;
  readonly log: Pick<Logger, 'debug'>;
  /** Stops the server; open connections are closed. */
  readonly signal: AbortSignal;
}

/** The receive buffer for waiting queries, in bytes. The kernel may grant less. */
const WAITING = 4 * 2 ** 20;

/**
 * Answers over UDP and TCP on every endpoint until the signal aborts. Resolves when it listens on all endpoints. When an endpoint can't be opened,
 * closes the others and rejects with a sentence that names the endpoint.
 */
export async function serveDns({ endpoints, respond, allow, log, signal }: ServerSettings): Promise<{ readonly ended: Promise<void> }> {
  const open: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.splice(0).map((end) => end()));
  };
  try {
    for (const endpoint of endpoints) {
      const listening = { endpoint, respond, allow, failed: failureLog(log, endpoint) };
      for (const listen of [listenUdp, listenTcp]) open.push(await listen(listening).catch(unlistened(endpoint)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { ended: aborted(signal).then(close) };
}

async function listenUdp({ endpoint: { address, port }, respond, allow, failed }: DnsListener): Promise<() => Promise<void>> {
  const isV6 = isIPv6(address);
  const socket = createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    ipv6Only: isV6, // so that 0.0.0.0 and :: can be bound side by side
    recvBufferSize: WAITING,
    lookup: (host, _options, found) => {
      found(null, host, isV6 ? 6 : 4); // the host is always an address
    },
  });
  const bound = once(socket, 'listening'); // before bind, because the event may come at once
  socket.bind({ address, port });
  await bound.catch(async (error: unknown) => {
    await closed(socket);
    throw error;
  });
  const send = (reply: Buffer | undefined, to: { readonly address: string; readonly port: number }): void => {
    if (reply === undefined || to.port === 0) return;
    socket.send(reply, to.port, to.address, (error) => {
      if (error !== null) failed(error);
    });
  };
  let isOpen = true;
  socket.on('error', failed).on('message', (packet, from) => {
    try {
      const reply = allow(from.address) ? respond(packet, 'udp') : cutReply(packet);
      if (!(reply instanceof Promise)) send(reply, from);
      else
        void reply.then((late) => {
          if (isOpen) send(late, from);
        }, failed);
    } catch (error) {
      failed(error);
    }
  });
  return () => {
    isOpen = false;
    return closed(socket);
  };
}

async function closed(socket: Socket): Promise<void> {
  const done = once(socket, 'close');
  socket.close();
  await done;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function failureLog(log: ServerSettings['log'], endpoint: Endpoint): DnsListener['failed'] {
  return (error) => {
    log.debug({ at: textOf(endpoint), reason: sentence(error) }, 'a DNS query could not be answered');
  };
}
