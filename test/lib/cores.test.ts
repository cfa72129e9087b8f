import { expect, test } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { usableCores } from '../../src/lib/cores.ts';

const V2 = '/sys/fs/cgroup/cpu.max';
const TIME = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
const PERIOD = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

test.each([
  ['no control group', {}, 8],
  ['version 2, no limit', { [V2]: 'max 100000\n' }, 8],
  ['version 2, two cores', { [V2]: '200000 100000\n' }, 2],
  ['version 2, one and a half', { [V2]: '150000 100000' }, 2],
  ['version 2, a tenth', { [V2]: '10000 100000' }, 1],
  ['version 2, more than there are', { [V2]: '3200000 100000' }, 8],
  ['version 2, empty', { [V2]: '' }, 8],
  ['version 2, rubbish', { [V2]: 'what is this' }, 8],
  ['version 2, no period', { [V2]: '200000' }, 8],
  ['version 1, no limit', { [TIME]: '-1\n', [PERIOD]: '100000\n' }, 8],
  ['version 1, three cores', { [TIME]: '300000\n', [PERIOD]: '100000\n' }, 3],
  ['version 1, half of the files', { [TIME]: '300000\n' }, 8],
  ['version 2 counts before version 1', { [V2]: 'max 100000', [TIME]: '300000', [PERIOD]: '100000' }, 8],
] as [string, Record<string, string>, number][])('%s', (_, files, cores) => {
  const read = (file: string): string => {
    const text = files[file];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
  expect(usableCores(read, 8)).toBe(cores);
});

test('on this machine: at least one, at most all', () => {
  const cores = usableCores();
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(cores).toBeLessThanOrEqual(availableParallelism());
});
