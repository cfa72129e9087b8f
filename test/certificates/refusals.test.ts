import { expect, test } from '@jest/globals';
import { refusedPems, withRefusals } from '../../src/certificates/refusals.ts';
import type { FileVerdict } from '../../src/certificates/judge.ts';

const BIND = "[ALERT]    (7) : config : parsing [/etc/haproxy/haproxy.cfg:40] : 'bind *:443' in section 'frontend' :";

test('the certificate files that HAProxy can not load, each once', () => {
  const lines = [
    `${BIND} unable to load SSL certificate into SSL Context '/etc/ssl/a.pem'.`,
    `${BIND} unable to load SSL certificate into SSL Context '/etc/ssl/b.pem': ee key too small.`,
    `${BIND} inconsistencies between private key and certificate loaded from PEM file '/etc/ssl/c.pem'.`,
    '[ALERT]    (7) : config : parsing [/etc/haproxy/haproxy.cfg:41] : unknown keyword',
    '[ALERT]    (7) : config : Fatal errors found in configuration.',
  ];
  expect(refusedPems(lines)).toEqual([
    { path: '/etc/ssl/a.pem', words: "unable to load SSL certificate into SSL Context '/etc/ssl/a.pem'" },
    { path: '/etc/ssl/b.pem', words: "unable to load SSL certificate into SSL Context '/etc/ssl/b.pem': ee key too small" },
    { path: '/etc/ssl/c.pem', words: "inconsistencies between private key and certificate loaded from PEM file '/etc/ssl/c.pem'" },
  ]);
});

const FOLDER: FileVerdict = {
  usable: true,
  serves: ['/certs'],
  pems: ['/certs/a.pem', '/certs/b.pem'],
  faults: [],
  remarks: [],
  fingerprint: 'one',
  until: Infinity,
};

test('of a folder the other files serve, until its content changes', () => {
  const refusals = new Map([['one', [{ path: '/certs/a.pem', words: 'too small' }]]]);
  const left = withRefusals(FOLDER, refusals);
  expect(left).toMatchObject({ usable: false, serves: ['/certs/b.pem'], pems: ['/certs/b.pem'] });
  expect(left.faults).toMatchObject([{ file: '/certs/a.pem', found: 'is refused by HAProxy: too small' }]);
  expect(withRefusals({ ...FOLDER, fingerprint: 'two' }, refusals)).toMatchObject({ usable: true, serves: ['/certs'] });
});
