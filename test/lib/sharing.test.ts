import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeSharing } from '../../src/lib/sharing.ts';

interface Thing {
  readonly words: readonly string[];
}

const things: readonly Thing[] = Array.from({ length: 30 }, (_, n) => ({
  words: [`${n % 7}`, `own ${n}`, ...(n % 3 === 0 ? ['three'] : [])],
}));

function expected(list: readonly Thing[], also: readonly string[]): readonly Thing[] {
  return list.filter((one) =>
    one.words.some((word) => also.includes(word) || list.some((other) => other !== one && other.words.includes(word))),
  );
}

test('sharing: any lists one after the other give what a look at all pairs gives', () => {
  const lists = fc.array(
    fc.tuple(fc.oneof(fc.subarray([...things]), fc.shuffledSubarray([...things])), fc.subarray(['own 3', '5', 'none'])),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(lists, (sequence) => {
      const sharing = makeSharing((thing: Thing) => thing.words);
      for (const [list, also] of sequence) {
        const found = sharing(list, also);
        expect(found.map((one) => things.indexOf(one))).toEqual(expected(list, also).map((one) => things.indexOf(one)));
      }
    }),
  );
});

test('sharing: only elements that came or went are looked into', () => {
  const asked: Thing[] = [];
  const sharing = makeSharing((thing: Thing) => {
    asked.push(thing);
    return thing.words;
  });
  sharing(things);
  asked.length = 0;
  sharing(things.filter((_, n) => n !== 4));
  expect(asked).toEqual([things[4]]);
});
