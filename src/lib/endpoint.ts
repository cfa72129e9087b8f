import { isIPv6 } from 'node:net';

/** Where somebody listens. */
export interface Endpoint {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

/** '127.0.0.1:53', '[::1]:53' */
export function textOf({ address, port }: Endpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
