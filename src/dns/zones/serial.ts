import type { Zones } from './records.ts';

/**
 * Returns a function that sets the serial of Zones to the unix time of their last change, as Mesos-DNS does, so that it keeps growing after a
 * restart. A second change within the same second adds one. `now` is in milliseconds. Returns the same object for the same Zones.
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
