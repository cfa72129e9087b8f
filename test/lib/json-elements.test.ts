import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeElementCutter } from '../../src/lib/json-elements.ts';

const cut = (chunks: readonly Uint8Array[]): unknown[] => {
  const cutter = makeElementCutter('apps');
  const texts = chunks.flatMap((chunk) => cutter.push(chunk));
  cutter.end();
  return texts.map((text) => JSON.parse(text) as unknown);
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const one = (text: string): unknown[] => cut([bytes(text)]);
const single = (text: string): unknown[] => cut(Array.from(bytes(text), (byte) => Uint8Array.of(byte)));

/** Cuts bytes at any places. */
const split = (whole: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [0, ...at.map((n) => n % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((to, i) => whole.subarray(places[i], to));
};

test.each([
  ['{"apps":[]}', []],
  [' {"apps" : [ \n\t] } \r\n', []],
  ['{"apps":[{"id":"/a"},{"id":"/b"}]}', [{ id: '/a' }, { id: '/b' }]],
  ['{"x":{"apps":[1]},"y":"apps","n":null,"apps":[{"id":"/a"}],"z":[{"apps":[2]}]}', [{ id: '/a' }]],
  ['{"apps":[{"s":"}],{[\\"\\\\"} , {"é€😀":"\\u00e9\\n"}]}', [{ s: '}],{["\\' }, { 'é€😀': 'é\n' }]],
  ['{"\\u0061pps":[1,"two,]",null,[3],true]}', [1, 'two,]', null, [3], true]],
])('the elements of %s', (text, elements) => {
  expect(one(text)).toEqual(elements);
  expect(single(text)).toEqual(elements);
});

test('any array under the key, cut into any chunks, is what JSON.parse gives', () => {
  const members = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }), { maxKeys: 4 });
  const apps = fc.array(fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), { maxLength: 6 });
  const body = fc.record({ before: members, apps, behind: members, indent: fc.constantFrom(0, 1, '\t') });
  fc.assert(
    fc.property(body, fc.array(fc.nat(10_000), { maxLength: 12 }), ({ before, apps, behind, indent }, at) => {
      const text = JSON.stringify(Object.assign({}, before, { apps }, behind, { apps }), undefined, indent);
      expect(cut(split(bytes(text), at))).toEqual((JSON.parse(text) as { apps: unknown[] }).apps);
    }),
  );
});

test('a body cut short at any byte is an error', () => {
  const text = '{"x":1,"apps":[{"id":"/é"},{"id":"/b"}],"y":"z"}';
  const whole = bytes(text);
  for (let length = 0; length < whole.length; length++)
    expect(() => cut([whole.subarray(0, length)])).toThrow(length === 0 ? 'the body is empty' : /cut short after/);
});

test.each([
  ['<html><body>{"apps":[]}</body></html>', 'the JSON is broken at byte 0: "<" where a JSON object was wanted'],
  ['[]', 'the JSON is broken at byte 0: "[" where a JSON object was wanted'],
  ['{}', 'the JSON has no "apps"'],
  ['{"message":"no"}', 'the JSON has no "apps"'],
  ['{"apps":null}', 'the JSON is broken at byte 12: "}" where an array was wanted'],
  ['{"apps":{"a":1}}', 'the JSON is broken at byte 8: "{" where an array was wanted'],
  ['{"apps":"x"}', 'the JSON is broken at byte 8: """ where an array was wanted'],
  ['{"apps":[1,]}', 'the JSON is broken at byte 11: "]" where an element was wanted'],
  ['{"apps":[,1]}', 'the JSON is broken at byte 9: "," where an element was wanted'],
  ['{"apps":[{"a":1}}', 'the JSON is broken at byte 16: "}" where an element was wanted'],
  ['{"apps":[]]', 'the JSON is broken at byte 10: "]" where a value was wanted'],
  ['{"apps" "x"}', 'the JSON is broken at byte 8: """ where a colon was wanted'],
  ['{apps:[]}', 'the JSON is broken at byte 5: ":" where a member was wanted'],
  ['{"apps":[]}{"apps":[]}', 'the JSON is broken at byte 11: "{" where the end was wanted'],
  ['\u0000', 'the JSON is broken at byte 0: byte 0 where a JSON object was wanted'],
])('%s is no such object', (text, message) => {
  expect(() => one(text)).toThrow(message);
  expect(() => single(text)).toThrow(message);
});
