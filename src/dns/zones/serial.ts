import type { Zones } from './records.ts';

/**
 * Zones whose serial is the unix time of their last change, as Mesos-DNS has it, so that it goes on after a new start; of two changes within a
 * second the later one counts on. `now` in ms. The same object as long as the zones are the same.
 */
export function makeDated(now: () => number): (zones: Zones) => Zones {
  let last: { readonly of: Zones; readonly dated: Zones } | undefined;
  return (zones) => {
    if (last?.of === zones) return last.dated;
    const serial = Math.max((last?.dated.serial ?? 0) + 1, Math.floor(now() / 1000));
    last = { of: zones, dated: { ...zones, serial } };
    return last.dated;
  };
}
