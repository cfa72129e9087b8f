import { expect, test } from '@jest/globals';
import { byKey } from '../../src/explain/by-key.ts';
import { naming } from '../../src/explain/naming.ts';

test('a list gives the same elements of a key, whether it was looked through or grouped', () => {
  const list = Array.from({ length: 100 }, (_, i) => ({ name: `n${i}`, key: i % 20 }));
  const of = byKey(list, ({ key }) => key);
  for (const key of [...Array(20).keys(), 3, 99]) expect(of(key)).toEqual(list.filter((one) => one.key === key));
});

test('a few questions about a long list do not read it for each element, and many do not read it for each question', () => {
  let read = 0;
  const list = Array.from({ length: 1_000 }, (_, i) => i);
  const of = byKey(list, (i) => {
    read++;
    return i;
  });
  for (let i = 0; i < 500; i++) of(i);
  expect(read).toBeLessThan(10_000);
  expect(of(1)).toEqual([1]);
});

test("a host's name is found in upper case and beside others, and its dots stand for dots only", () => {
  expect(naming('shop.acme.org')('web.acme.org,SHOP.Acme.org')).toBe(true);
  expect(naming('shop.acme.org')('shopXacme.org')).toBe(false);
  expect(naming('shöp.acme.org')('SHÖP.acme.org')).toBe(true);
  expect(naming('*.acme.org')('web.acme.org')).toBe(false);
});
