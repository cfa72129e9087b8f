import { isIPv4 } from 'node:net';
import { textOf, type Endpoint } from '../../lib/endpoint.ts';

/**
 * Whether somebody who listens at the endpoints would ask himself there: each such query would be asked again and again. `addresses`: those of this
 * machine, for endpoints that are all of them (0.0.0.0, ::).
 */
export function isOwn(upstream: Endpoint, endpoints: readonly Endpoint[], addresses: readonly string[]): boolean {
  const { address } = upstream;
  const everywhere = isIPv4(address) ? '0.0.0.0' : '::';
  const isHere = [everywhere, '::1', ...addresses].includes(address) || address.startsWith('127.');
  const own = isHere ? [upstream, { ...upstream, address: everywhere }] : [upstream];
  return endpoints.some((endpoint) => own.some((one) => textOf(one) === textOf(endpoint)));
}
