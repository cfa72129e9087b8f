import { sentence } from '../../lib/sentence.ts';
import { textOf, type Endpoint } from '../../lib/endpoint.ts';

/**
 * Returns a function that throws an error for an endpoint that can't be opened. The sentence names the flag, the endpoint and the cause in the
 * system's words.
 */
export function unlistened(endpoint: Endpoint): (cause: unknown) => never {
  return (cause) => {
    throw new Error(`--dns-listen ${textOf(endpoint)}: ${explain(cause)}`);
  };
}

/** What went wrong and how to mend it. */
function explain(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'EACCES')
    return 'this user may not bind it (EACCES); choose a port from 1024 on, or give the program the right: CAP_NET_BIND_SERVICE';
  if (code === 'EADDRINUSE') return 'another program listens there (EADDRINUSE); end it, or choose another address or port';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address (EADDRNOTAVAIL); choose one that it has';
  return sentence(cause);
}
