import { expect, test } from '@jest/globals';
import { warnOfAge } from '../../src/daemon/find-release.ts';
import type { Logger } from '../../src/lib/logger.ts';
import { settingsWith } from '../golden/cases.ts';

/** What is said of a HAProxy of this release. */
function saidOf(major: number, minor: number): readonly string[] {
  const said: string[] = [];
  const never = (): never => {
    throw new Error('it is a warning');
  };
  const log: Logger = {
    debug: never,
    info: never,
    error: never,
    warn: (...[, words]: readonly unknown[]) => void said.push(String(words)),
  };
  warnOfAge({ major, minor }, settingsWith({ haproxyBin: '/opt/haproxy' }), log);
  return said;
}

test('a HAProxy that is too old is told, with what to do', () => {
  const words =
    "'/opt/haproxy' is HAProxy 2.4, and 2.6 or later is needed: install a later release, or name one with --haproxy-bin; this one may refuse the configuration";
  expect(saidOf(2, 4)).toEqual([words]);
  expect(saidOf(1, 8)).toHaveLength(1);
});

test.each([
  [2, 6],
  [2, 8],
  [3, 0],
  [3, 4],
])('HAProxy %i.%i is not', (major, minor) => {
  expect(saidOf(major, minor)).toEqual([]);
});
