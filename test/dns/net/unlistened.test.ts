import { expect, test } from '@jest/globals';
import { unlistened } from '../../../src/dns/net/unlistened.ts';

test.each([
  [
    { code: 'EACCES' },
    'this user may not bind it (EACCES); choose a port from 1024 on, or give the program the right: CAP_NET_BIND_SERVICE',
  ],
  [{ code: 'EADDRINUSE' }, 'another program listens there (EADDRINUSE); end it, or choose another address or port'],
  [{ code: 'EADDRNOTAVAIL' }, 'this machine has no such address (EADDRNOTAVAIL); choose one that it has'],
  [{ code: 'EINVAL' }, 'bind EINVAL 127.0.0.1:53'],
])('%j is a sentence', (known, words) => {
  const throwing = unlistened({ address: '::1', port: 53 });
  const cause = Object.assign(new Error('bind EINVAL 127.0.0.1:53'), known);
  expect(() => throwing(cause)).toThrow(`--dns-listen [::1]:53: ${words}`);
});
