import { expect, test } from '@jest/globals';
import { isOwn } from '../../../src/dns/net/own-endpoint.ts';

const MACHINE = ['127.0.0.1', '10.0.0.2', '::1', 'fd00::2'];

test.each([
  ['10.0.0.2', '10.0.0.2', true],
  ['10.0.0.2', '0.0.0.0', true],
  ['127.0.0.53', '0.0.0.0', true],
  ['0.0.0.0', '0.0.0.0', true],
  ['fd00::2', '::', true],
  ['::1', '::', true],
  ['127.0.0.53', '127.0.0.1', false],
  ['10.0.0.2', '::', false],
  ['fd00::2', '0.0.0.0', false],
  ['10.0.0.3', '0.0.0.0', false],
  ['fd00::3', '::', false],
])('asking %s is asking oneself at %s: %j', (address, at, own) => {
  expect(isOwn({ address, port: 53 }, [{ address: at, port: 53 }], MACHINE)).toBe(own);
  expect(isOwn({ address, port: 5353 }, [{ address: at, port: 53 }], MACHINE)).toBe(false);
});
