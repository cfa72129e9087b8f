import type { Release } from '../model/release.ts';

/** The oldest HAProxy release that is supported. It is also assumed where no HAProxy can be asked. */
export const OLDEST_RELEASE: Release = { major: 2, minor: 6 };

/** Whether a release is `major.minor` or later. */
export function isAtLeast(release: Release, major: number, minor: number): boolean {
  return release.major > major || (release.major === major && release.minor >= minor);
}

/** The release in the output of `haproxy -vv` ("HAProxy version 2.6.12-1+deb12u3 2025/10/03"); undefined when there is none. */
export function readRelease(text: string): Release | undefined {
  const found = /\bversion (\d+)\.(\d+)/.exec(text);
  if (found === null) return undefined;
  const lacks = /^Feature list/m.test(text) && !/\+PROMEX\b|prometheus-exporter/.test(text);
  const hasQuic = /^Feature list.*\s\+QUIC(?:\s|$)/m.test(text);
  return {
    major: Number(found[1]),
    minor: Number(found[2]),
    ...(lacks && { lacksExporter: true as const }),
    ...(hasQuic && { hasQuic: true as const }),
  };
}
