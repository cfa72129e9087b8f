import { readdir } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { Meter, SetGauge } from './metrics.ts';

/** Sets the gauges of this process. */
export function makeProcessFigures({ count }: Pick<Meter, 'count'>): (set: SetGauge) => Promise<void> {
  let counted = 0;
  let last = performance.eventLoopUtilization();
  return async (set) => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const now = performance.eventLoopUtilization();
    set('startTime', performance.timeOrigin / 1000);
    const seconds = (user + system) / 1e6;
    count('cpu', {}, Math.max(0, seconds - counted));
    counted = seconds;
    set('memory', rss);
    set('heap', heapUsed);
    set('utilization', performance.eventLoopUtilization(now, last).utilization);
    last = now;
    const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
    if (descriptors !== undefined) set('descriptors', descriptors.length);
  };
}
