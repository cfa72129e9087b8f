import { askVersion } from '../../src/process/check-config.ts';
import { isAtLeast, OLDEST_RELEASE, readRelease } from '../../src/haproxy/release.ts';

/** Of the HAProxy that these tests run: what it is written for, and what it does, depends on it. */
export const RELEASE = readRelease(await askVersion('haproxy')) ?? OLDEST_RELEASE;

/** Whether it is `major.minor` or later. */
export function isSince(major: number, minor: number): boolean {
  return isAtLeast(RELEASE, major, minor);
}
