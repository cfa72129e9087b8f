import { expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withChecksBeforeReload } from '../../src/process/before-reload.ts';
import { AFTER_RELOAD_MS, RELOAD_MS } from '../../src/process/own-haproxy.ts';
import type { MasterWorker } from '../../src/process/process.ts';

test('a reload that hangs is not waited for a second time: HAProxy is asked once more for a short while, and the error is that of the reload', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reload-'));
  const config = path.join(folder, 'haproxy.cfg');
  await writeFile(config, 'global\n');
  const waits: (number | undefined)[] = [];
  const own = {
    reload: () => Promise.reject(new Error('HAProxy did not confirm')),
    holders: () => [],
    pids: (mostMs?: number) => {
      waits.push(mostMs);
      return waits.length === 1 ? Promise.resolve([]) : Promise.reject(new Error('it does not answer'));
    },
  } as unknown as MasterWorker;
  const settings = { config, prepare: () => Promise.resolve(), capable: () => Promise.resolve(0n), most: () => Promise.resolve(1_000_000) };
  await expect(withChecksBeforeReload(own, settings).reload([])).rejects.toThrow('HAProxy did not confirm');
  expect(waits).toEqual([undefined, AFTER_RELOAD_MS]);
  expect(AFTER_RELOAD_MS).toBeLessThan(RELOAD_MS);
  await rm(folder, { recursive: true });
});
