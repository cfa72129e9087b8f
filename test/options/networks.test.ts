import { expect, test } from '@jest/globals';
import { networks } from '../../src/options/readers.ts';

test('--admin-networks takes addresses and networks of both kinds, and any for all', () => {
  expect(networks('10.0.0.0/8, fc00::/7,192.0.2.1')).toEqual(['10.0.0.0/8', 'fc00::/7', '192.0.2.1']);
  expect(networks('any')).toEqual([]);
});

test.each(['', 'lb.acme.org', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/8,', 'fe80::1%eth0', 'fc00::/129', '10.0.0.0/8 10.1.0.0/16'])(
  "--admin-networks refuses '%s', which HAProxy would not take as it is meant",
  (text) => {
    expect(() => networks(text)).toThrow('any');
  },
);
