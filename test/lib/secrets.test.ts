import { expect, test } from '@jest/globals';
import { hideSecrets } from '../../src/lib/secrets.ts';

test.each([
  ['the realm:bob:$6$salt$abc./DEF of it', 'the realm:bob:*** of it'],
  ["in the line 'user bob password $2b$10$abcdefghijklmnopqrstuv'", "in the line 'user bob password ***'"],
  ["unknown word in 'user bob insecure-password hunter2'", "unknown word in 'user bob insecure-password ***'"],
  ["'bind :443 ssl crt /etc/ssl/shop.pem ca-file /etc/ca.pem'", "'bind :443 ssl crt *** ca-file ***'"],
  ['generate-certificates ca-sign-pass geheim', 'generate-certificates ca-sign-pass ***'],
  ['-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----', '***'],
  ['-----BEGIN PRIVATE KEY-----\nMHcC', '***'],
])('hidden: %s', (text, shown) => {
  expect(hideSecrets(text)).toBe(shown);
});

test.each(['put the crt file there', 'the password of the file is missing', 'it costs $5', '/etc/ssl/shop.pem can not be read'])(
  'left as it is: %s',
  (text) => {
    expect(hideSecrets(text)).toBe(text);
  },
);
