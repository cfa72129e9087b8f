import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distinct } from '../../src/lib/distinct.ts';

describe('distinct', () => {
  it('leaves out what is there twice, in the order of the first', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 20 }), (list) => {
        expect(distinct(list)).toEqual([...new Set(list)]);
      }),
    );
  });

  it('returns the list itself when nothing is there twice', () => {
    for (const list of [[], ['a', 'b'], Array.from('abcdefghijkl')]) expect(distinct(list)).toBe(list);
  });
});
