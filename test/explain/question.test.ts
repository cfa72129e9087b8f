import { expect, test } from '@jest/globals';
import { readQuestion } from '../../src/explain/question.ts';
import { wordsOfLine } from '../../src/explain/words-of-line.ts';

test.each([
  ['/shop/', { about: 'app', app: '/shop' }],
  [':10004', { about: 'port', port: 10004 }],
  ['shop.acme.org', { about: 'route', host: 'shop.acme.org', path: '/' }],
  ['https://Shop.Acme.org.:8443/a/b?c#d', { about: 'route', host: 'shop.acme.org', path: '/a/b' }],
  ['http://[2001:DB8::1]:8080/a', { about: 'route', host: '[2001:db8::1]', path: '/a' }],
])('%s', (word, question) => {
  expect(readQuestion(word)).toEqual(question);
});

test.each(['', ':0', ':99999', 'a b', '?', '[shop]', '[::1'])('%j is no question', (word) => {
  expect(() => readQuestion(word)).toThrow(/is no (?:app|port)/);
});

test.each([
  [String.raw`  acl a hdr(host) -i "b c" d\ e 'f"g' # h`, ['acl', 'a', 'hdr(host)', '-i', 'b c', 'd e', 'f"g']],
  ['  # nothing', []],
  ['use_backend x if { path /a#b }', ['use_backend', 'x', 'if', '{', 'path', '/a#b', '}']],
])('the words of %j', (line, words) => {
  expect(wordsOfLine(line)).toEqual(words);
});
