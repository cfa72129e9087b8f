import { isIPv4 } from 'node:net';
import { textOf, type Endpoint } from '../../lib/endpoint.ts';

/**
 * Whether an upstream is one of our own endpoints; forwarding a query there would loop forever. `addresses` are the addresses of this machine, needed
 * for endpoints that listen on all of them (0.0.0.0, ::).
 */
export function isOwn(upstream: Endpoint, endpoints: readonly Endpoint[], addresses: readonly string[]): boolean {
  const { address } = upstream;
  const everywhere = isIPv4(address) ? '0.0.0.0' : '::';
  const isHere = [everywhere, '::1', ...addresses].includes(address) || address.startsWith('127.');
  const own = isHere ? [upstream, { ...upstream, address: everywhere }] : [upstream];
  return endpoints.some((endpoint) => own.some((one) => textOf(one) === textOf(endpoint)));
}
