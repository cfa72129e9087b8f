import type { Actual } from './actual.ts';
import type { DriveParts } from './dependencies.ts';
import type { Wanted } from './wanted.ts';

/** What the two lanes share: from where, and where to. */
export interface Shared {
  readonly parts: DriveParts;
  readonly actual: Actual;
  readonly wanted: Wanted;
}
