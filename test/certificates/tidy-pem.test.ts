import { expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { tidyPem } from '../../src/certificates/tidy-pem.ts';
import { judgePem } from '../../src/certificates/pem.ts';
import { makeAuthority, makeParts } from './pem.ts';

const authority = await makeAuthority('ca.org', { keyType: 'ec' });
const { certificate, key } = await makeParts('a.org', { keyType: 'ec', ...authority.signs });
const TIDY = certificate + authority.certificate + key;

test.each([
  ['as it should be', TIDY],
  ['key first', key + certificate + authority.certificate],
  ['key between', certificate + key + authority.certificate],
  ['CRLF', TIDY.replaceAll('\n', '\r\n')],
  ['empty lines', TIDY.replaceAll('-----\n-----', '-----\n\n \n-----')],
  ['text before, between and behind', `Bag Attributes\n${certificate}subject=a\n\n${authority.certificate}${key}\nshow info\n`],
  ['two keys, of which HAProxy takes the first', `${TIDY}${authority.key}`],
])('%s', (_, text) => {
  expect(tidyPem(text)).toBe(TIDY);
  expect(judgePem(tidyPem(text)).usable).toBe(true);
});

test('the key comes from the file beside it', () => {
  expect(tidyPem(certificate + authority.certificate, key)).toBe(TIDY);
  expect(new X509Certificate(tidyPem(certificate, key)).subject).toBe('CN=a.org');
});
