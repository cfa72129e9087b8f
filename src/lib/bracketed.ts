/** An address as it stands before a port: '10.0.0.1', '[::1]'. */
export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
