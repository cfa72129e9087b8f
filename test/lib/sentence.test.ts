import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { sentence } from '../../src/lib/sentence.ts';

/** An object that holds itself. */
const circular: Record<string, unknown> = {};
circular['itself'] = circular;

const caused = (message: string, cause?: unknown): Error => new Error(message, { cause });

test.each([
  ['a message', caused('no such app'), 'no such app'],
  ['without its period', caused('It broke. '), 'It broke'],
  ['a message on several lines', caused('no "a\r\n  b\n" here\n'), 'no "a b " here'],
  ['a cause', caused('fetch failed', caused('connect ECONNREFUSED 127.0.0.1:8080')), 'fetch failed: connect ECONNREFUSED 127.0.0.1:8080'],
  ['causes of causes', caused('a', caused('b', caused('c'))), 'a: b: c'],
  ['a cause that says nothing new', caused('reading failed: disk is full', caused('disk is full')), 'reading failed: disk is full'],
  ['a cause without words', caused('a', caused('')), 'a'],
  ['a cause that is a text', caused('a', 'because'), 'a: because'],
  ['a cause that is some object', caused('a', { code: 7 }), 'a: { code: 7 }'],
  ['a cause that is null', caused('a', null), 'a'],
  ['several tries', new AggregateError([caused('no route'), caused('refused')], ''), 'no route, refused'],
  ['several tries as a cause', caused('fetch failed', new AggregateError([caused('x'), caused('y')], '')), 'fetch failed: x, y'],
  ['several tries with causes', new AggregateError([caused('a', caused('b'))], ''), 'a: b'],
  ['several tries with words of their own', new AggregateError([caused('x')], 'all failed'), 'all failed'],
  ['a text', 'just words', 'just words'],
  ['a number', 7, '7'],
  ['an object', { a: 1 }, '{ a: 1 }'],
  ['an object that holds itself', circular, '<ref *1> { itself: [Circular *1] }'],
  ['nothing', undefined, 'unknown error'],
  ['null', null, 'unknown error'],
  ['an error without words', new Error(), 'unknown error'],
])('%s', (_, error, words) => {
  expect(sentence(error)).toBe(words);
});

test('a chain that leads to itself ends', () => {
  const error = caused('round');
  error.cause = caused('and round', error);
  expect(sentence(error)).toBe('round: and round');
});

test('errors of another realm are errors', () => {
  expect(sentence(runInNewContext(`new Error('elsewhere', { cause: new TypeError('there') })`))).toBe('elsewhere: there');
});

test("errors of Node's own core", async () => {
  const error: unknown = await readFile('/no/such/file').catch((reason: unknown) => reason);
  expect(sentence(error)).toBe("ENOENT: no such file or directory, open '/no/such/file'");
});
