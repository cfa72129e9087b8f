import { isIPv6 } from 'node:net';

/** An address and port on which something listens. */
export interface Endpoint {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

/** Returns an endpoint as text: '127.0.0.1:53', '[::1]:53'. */
export function textOf({ address, port }: Endpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
