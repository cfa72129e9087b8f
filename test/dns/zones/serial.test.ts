import { expect, test } from '@jest/globals';
import { makeDated } from '../../../src/dns/zones/serial.ts';
import { makeZones } from './zones.ts';

test('the serial is the time of the last change in seconds, and never goes back nor stays', () => {
  let now = 1_795_000_000_900;
  const dated = makeDated(() => now);
  const first = makeZones({});
  const serialOfChange = (): number => dated(makeZones({})).serial;
  const seen = dated(first);
  expect(seen).toMatchObject({ serial: 1_795_000_000 });
  now += 60_000;
  expect(dated(first)).toBe(seen); // nothing has changed
  now -= 60_000;
  expect(serialOfChange()).toBe(1_795_000_001); // in the same second
  now -= 3_600_000;
  expect(serialOfChange()).toBe(1_795_000_002); // the clock was put back
  now += 7_200_000;
  expect(serialOfChange()).toBe(1_795_003_600);
});
