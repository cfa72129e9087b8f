import type { Taken } from './acquittal.ts';
import type { Blame, RefusalReading } from './read-refusal.ts';

/** Who is to blame for a refused document, without what it took to find that out. */
export interface Culprits extends RefusalReading {
  /** HAProxy was asked, and takes the document without the blamed. Else the next validation shows it, and may find more. */
  readonly isConfirmed: boolean;
  /** Where the operator is at fault though nobody was named: what showed it. */
  readonly shown?: OperatorEvidence;
}

/** HAProxy refuses the document without any app; or it refuses this one app alone, and takes the same app with the default templates. */
export type OperatorEvidence = 'without-apps' | { readonly blame: Blame; readonly taken: Taken };
