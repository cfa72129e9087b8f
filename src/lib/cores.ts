import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Returns how many cores this process may use, at least 1: the cores of its affinity mask, or fewer if a control group limits its CPU time. */
export function usableCores(read: (file: string) => string = (file) => readFileSync(file, 'utf8'), most = availableParallelism()): number {
  const quota = quotaOf(read);
  return quota === undefined ? most : Math.max(1, Math.min(most, Math.ceil(quota)));
}

/** Returns how many cores' worth of CPU time the control group (version 2 or 1) grants; undefined when there is no limit. */
function quotaOf(read: (file: string) => string): number | undefined {
  const words = (file: string): readonly string[] => {
    try {
      return read(file).trim().split(/\s+/);
    } catch {
      return [];
    }
  };
  const [quota, period] = words('/sys/fs/cgroup/cpu.max');
  const old = [...words('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'), ...words('/sys/fs/cgroup/cpu/cpu.cfs_period_us')];
  const [time, of] = (quota === undefined ? old : [quota, period]).map(Number);
  return time !== undefined && of !== undefined && time > 0 && of > 0 ? time / of : undefined;
}
