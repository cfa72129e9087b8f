import { expect, test } from '@jest/globals';
import { costOf } from '../../src/services/hash-cost.ts';

test.each([
  'rl3kOSO5gt9v2',
  'encryptedpassword',
  '$1$salt$hash',
  '$5$salt$hash',
  '$6$salt$hash',
  '$6$rounds=100000$salt$hash',
  '$2y$10$saltsaltsaltsaltsalthash',
  '$2b$04$saltsaltsaltsaltsalthash',
])('%s is taken: one request costs no more than a tenth of a second', (hash) => {
  const cost = costOf(hash);
  expect('milliseconds' in cost ? cost.milliseconds : Infinity).toBeLessThan(100);
});

test.each([
  ['$6$rounds=12000000$salt$0123456789', '12000000'],
  ['$5$rounds=999999999$salt$0123456789', '999999999'],
  ['$6$rounds=100001$salt$hash', '100001'],
  ['$6$rounds=-1$salt$hash', 'not a whole number'],
  ['$6$rounds=+5$salt$hash', 'not a whole number'],
  ['$6$rounds=1e9$salt$hash', 'not a whole number'],
  ['$6$rounds=5000', 'not a whole number'],
  ['$2y$11$saltsaltsaltsaltsalthash', '104 ms'],
  ['$2a$31$saltsaltsaltsaltsalthash', 'cost 31'],
  ['$y$j9T$salt$hash', '$y$'],
  ['$7$CU..../....salt$hash', '$7$'],
  ['_J9..saltsalthash', 'has no limit'],
])('%s is refused, with its figure', (hash, word) => {
  const cost = costOf(hash);
  expect('refused' in cost ? cost.refused : '').toContain(word);
});
