/** Returns an address as it is written in front of a port: '10.0.0.1', '[::1]'. */
export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
