import { expect, test } from '@jest/globals';
import { CAPABILITIES, capabilitiesIn, capabilitiesOf, hasAny } from '../../src/process/capabilities.ts';
import { environmentOf } from '../../src/process/haproxy-environment.ts';
import { makeFolders, writeProgram } from '../lib/folder.ts';

const makeFolder = makeFolders('capabilities');

test('the mask is read from /proc', () => {
  const mask = capabilitiesIn('Name:\thaproxy\nCapPrm:\t0\nCapEff:\t0000000000000400\n');
  expect(hasAny(mask, [CAPABILITIES.netBindService])).toBe(true);
  expect(hasAny(mask, [CAPABILITIES.netAdmin, CAPABILITIES.netRaw])).toBe(false);
  expect(capabilitiesIn('')).toBe(0n);
});

test('a program that waits for its configuration is looked at and ended; one that is missing may do nothing', async () => {
  const bin = await writeProgram(await makeFolder(), 'exec cat');
  const own = await capabilitiesOf(bin, environmentOf(process.env));
  expect(typeof own).toBe('bigint');
  expect(hasAny(own, [CAPABILITIES.netBindService])).toBe(process.getuid?.() === 0);
  await expect(capabilitiesOf('/no/such/haproxy', {})).resolves.toBe(0n);
});
