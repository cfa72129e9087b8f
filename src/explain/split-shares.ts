import { backendOfSlot, backendsOfValue } from '../haproxy/shares.ts';
import { TABLE_MAPS } from '../haproxy/settings.ts';
import type { Document } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';

/** The share of a backend in a split, in hundredths. */
export interface SplitShare {
  readonly backend: string;
  readonly percent: number;
}

/** The backends that share what a row of the routing table leads to (`+a+b`), the largest share first; empty where one backend has it all. */
export function sharesOf(value: string | undefined, maps: Document['maps']): readonly SplitShare[] {
  if (value?.startsWith('+') !== true) return [];
  const rows = maps[TABLE_MAPS.split] ?? new Map<string, string>();
  const shares = new Map(backendsOfValue(value as BackendName).map((backend): [string, number] => [backend, 0]));
  for (let slot = 0; slot < 100; slot++) {
    const backend = backendOfSlot(rows, value, slot);
    if (backend !== undefined) shares.set(backend, (shares.get(backend) ?? 0) + 1);
  }
  return Array.from(shares, ([backend, percent]) => ({ backend, percent })).sort((a, b) => b.percent - a.percent);
}
