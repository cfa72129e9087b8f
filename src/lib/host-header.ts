import { isIP } from 'node:net';

/** The name in a Host header: in lower case, without the port and without a final dot. */
export function nameInHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

/** Whether a Host header gives an address or localhost. Nobody else can make such a name lead to this machine, as DNS rebinding does. */
export function isAddressOrLocal(host: string): boolean {
  const name = nameInHost(host);
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0;
}
