import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

interface DemoTraffic {
  readonly address: string;
  readonly port: number;
  /** The virtual hosts that are asked for in turn. */
  readonly hosts: readonly string[];
  readonly signal: AbortSignal;
}

/** Between two requests, and for one, in milliseconds. */
const [PAUSE_MS, PATIENCE_MS] = [150, 5_000];
/** How long the traffic takes from its most to its least and back, in milliseconds. */
const TIDE_MS = 180_000;

/** Sends a few requests a second, now more and now fewer, until the signal aborts, so that there is something to see. Never rejects. */
export async function sendRequests({ address, port, hosts, signal }: DemoTraffic): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const host = hosts[i % hosts.length] ?? '';
    const pause = PAUSE_MS * (1.3 + Math.sin((2 * Math.PI * Date.now()) / TIDE_MS));
    await Promise.allSettled([sendRequest({ address, port, host, signal }), sleep(pause, undefined, { signal })]); // a refused one waits too
  }
}

/** Where one request goes. */
export interface Target extends Omit<DemoTraffic, 'hosts'> {
  readonly host: string;
}

/** Sends one request for `/`, and returns the status of its whole answer. Rejects when there is none, or none in time. */
export async function sendRequest({ address, port, host, signal }: Target): Promise<number> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const asked = request({ host: address, port, agent: false, headers: { host }, signal: limit });
  asked.end();
  const [response] = (await once(asked, 'response', { signal: limit })) as [IncomingMessage];
  await once(response.resume(), 'end', { signal: limit });
  return response.statusCode ?? 0;
}
