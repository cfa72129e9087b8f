import { askVersion } from '../process/check-config.ts';
import { environmentOf } from '../process/haproxy-environment.ts';
import type { Environment } from '../lib/environment.ts';
import { isAtLeast, OLDEST_RELEASE, readRelease } from '../haproxy/release.ts';
import type { Logger } from '../lib/logger.ts';
import type { Release } from '../model/release.ts';
import type { Settings } from '../options/options.ts';

/**
 * Asks `haproxy -vv` for the release. Where HAProxy need not be installed (`--dry`, or `--command` with --skip-validation), the oldest supported
 * release is assumed.
 */
export async function findRelease({ haproxyBin, haproxyEnv, dry, skipValidation, command }: Settings, env: Environment): Promise<Release> {
  try {
    const said = await askVersion(haproxyBin, environmentOf(env, haproxyEnv));
    const release = readRelease(said);
    if (release === undefined) throw new Error(`'${haproxyBin} -vv' answers '${said.split('\n')[0] ?? ''}', which has no version in it`);
    return release;
  } catch (error) {
    if (dry || (skipValidation && command !== undefined)) return OLDEST_RELEASE;
    throw error;
  }
}

/**
 * Warns when HAProxy is older than the oldest supported release: it may refuse keywords of the default templates, and the operator must be able to
 * see why.
 */
export function warnOfAge(release: Release, { haproxyBin }: Settings, log: Logger): void {
  const { major, minor } = OLDEST_RELEASE;
  if (isAtLeast(release, major, minor)) return;
  const found = `'${haproxyBin}' is HAProxy ${release.major}.${release.minor}`;
  log.warn(
    {},
    `${found}, and ${major}.${minor} or later is needed: install a later release, or name one with --haproxy-bin; this one may refuse the configuration`,
  );
}
