import { askVersion } from './apply/check.ts';
import { OLDEST_RELEASE, readRelease } from './haproxy/release.ts';
import type { Release } from './model/release.ts';
import type { Settings } from './options.ts';

/** What `haproxy -v` says; where HAProxy need not be here (`--dry`, a command elsewhere) the oldest supported one is assumed. */
export async function findRelease({ haproxyBin, dry, skipValidation, command }: Settings): Promise<Release> {
  try {
    const said = await askVersion(haproxyBin);
    const release = readRelease(said);
    if (release === undefined) throw new Error(`'${haproxyBin} -v' answers '${said.split('\n')[0] ?? ''}', which names no version`);
    return release;
  } catch (error) {
    if (dry || (skipValidation && command !== undefined)) return OLDEST_RELEASE;
    throw error;
  }
}
