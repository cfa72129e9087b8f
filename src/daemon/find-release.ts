import { askVersion } from '../process/check.ts';
import { environmentOf } from '../process/haproxy-environment.ts';
import type { Environment } from '../lib/environment.ts';
import { isAtLeast, OLDEST_RELEASE, readRelease } from '../haproxy/release.ts';
import type { Logger } from '../lib/logger.ts';
import type { Release } from '../model/release.ts';
import type { Settings } from '../options/options.ts';

/** What `haproxy -v` says; where HAProxy need not be here (`--dry`, a command elsewhere) the oldest supported one is assumed. */
export async function findRelease({ haproxyBin, haproxyEnv, dry, skipValidation, command }: Settings, env: Environment): Promise<Release> {
  try {
    const said = await askVersion(haproxyBin, environmentOf(env, haproxyEnv));
    const release = readRelease(said);
    if (release === undefined) throw new Error(`'${haproxyBin} -v' answers '${said.split('\n')[0] ?? ''}', which names no version`);
    return release;
  } catch (error) {
    if (dry || (skipValidation && command !== undefined)) return OLDEST_RELEASE;
    throw error;
  }
}

/** Says so when HAProxy is older than what is supported: it may refuse words of the default templates, and whoever reads that must know why. */
export function warnOfAge(release: Release, { haproxyBin }: Settings, log: Logger): void {
  const { major, minor } = OLDEST_RELEASE;
  if (isAtLeast(release, major, minor)) return;
  const found = `'${haproxyBin}' is HAProxy ${release.major}.${release.minor}`;
  log.warn(
    {},
    `${found}, and ${major}.${minor} or later is needed: install that, or name it with --haproxy-bin; this one may refuse what is written`,
  );
}
