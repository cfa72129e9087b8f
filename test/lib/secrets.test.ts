import { expect, test } from '@jest/globals';
import { hideSecrets, maskSecrets } from '../../src/lib/secrets.ts';

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

test.each([
  ['  user bob password $6$salt$abc./DEF', '  user bob password ***'],
  ['  user bob insecure-password hunter2', '  user bob insecure-password ***'],
  ['  stats auth admin:hunter2', '  stats auth admin:***'],
  ['  http-request set-header Authorization "Basic YWRtaW4="', '  http-request set-header Authorization "***'],
  ['  http-request set-header X-Api-Key token=abc', '  http-request set-header X-Api-Key ***'],
  ['the Marathon http://bob:hunter2@m1:8080', 'the Marathon http://***@m1:8080'],
])('masked: %s', (text, shown) => {
  expect(maskSecrets(text)).toBe(shown);
});

test.each([
  '  bind *:443 ssl crt /etc/ssl/shop.pem',
  '  acl auth_ok http_auth(user_shop_10004)',
  '  server a 10.0.0.1:31000 check',
  '  http-request auth realm shop',
])('not masked: %s', (text) => {
  expect(maskSecrets(text)).toBe(text);
});
