import type { Actual } from './actual.ts';
import type { DriveDependencies } from './dependencies.ts';
import type { Settling } from './settling.ts';
import type { Wanted } from './wanted.ts';

/** What the two lanes share: what HAProxy runs, and what is wanted. */
export interface LaneDependencies {
  readonly parts: DriveDependencies;
  readonly actual: Actual;
  readonly wanted: Wanted;
  readonly settling: Settling;
}
