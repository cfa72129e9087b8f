import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { replaced, waysIn, type Way } from './spoil.ts';
import { wholeApp } from './wire.ts';

const FULL = wholeApp();
const OPTIONAL = waysIn(FULL).filter((way) => way.at(-1) !== 'id');
const decode = (value: unknown): ReturnType<typeof decodeApp> => decodeApp(JSON.stringify(value));

test.each(OPTIONAL.filter((way) => typeof way.at(-1) === 'string').map((way) => [way.join('.'), way] as const))(
  'without %s it is an app, and null is the same as absent',
  (_, way) => {
    const absent = decode(replaced(FULL, way, undefined));
    expect(absent).toHaveProperty('app.id', '/shop');
    expect(decode(replaced(FULL, way, null))).toStrictEqual(absent);
  },
);

test('JSON with parts that are absent, null or of a different type gives an app or a Problem, never an exception', () => {
  const change = fc.tuple(fc.constantFrom(...waysIn(FULL)), fc.oneof(fc.constant(undefined), fc.jsonValue()));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const value = changes.reduce<unknown>((now, [way, part]) => (reaches(now, way) ? replaced(now, way, part) : now), FULL);
      const decoded = decode(value);
      if ('app' in decoded) expect(decoded.app.definition.id).toBe(decoded.app.id);
      else expect(decoded.problem).toMatchObject({ code: 'app-not-readable', message: expect.stringContaining("can't be read, ") });
    }),
    { numRuns: 500 },
  );
});

test('any JSON is an app or a Problem', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(Object.keys(decodeApp(json))).toHaveLength(1);
    }),
  );
});

/** Whether all above a place is still there after other changes. */
function reaches(value: unknown, way: Way): boolean {
  const [key, ...rest] = way;
  if (key === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  return reaches((value as Record<string | number, unknown>)[key], rest) || rest.length === 0;
}
