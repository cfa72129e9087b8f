import { expect, test } from '@jest/globals';
import { holderText } from '../../src/process/socket-holder-process.ts';

test('a holder binds what HAProxy binds, as the same sockets, and can have no connection but its own', () => {
  const text = holderText(
    [
      { address: '*', port: 80 },
      { address: '::', port: 443, v6only: true },
      { address: '10.0.0.1', port: 81, interface: 'eth0', transparent: true },
    ],
    '/run/a b.held.1',
  );
  expect(text.split('\n').filter((line) => / bind |socket|maxconn|noreuseport/.test(line))).toEqual([
    '  noreuseport',
    '  maxconn 1',
    '  stats socket /run/a\\ b.held.1 mode 600 level admin expose-fd listeners',
    '  bind fd@3',
    '  bind *:80',
    '  bind [::]:443 v6only',
    '  bind 10.0.0.1:81 interface eth0 transparent',
  ]);
});
