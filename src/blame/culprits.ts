import type { Taken } from './acquittal.ts';
import type { Blame, RefusalReading } from './read-refusal.ts';

/** Who is to blame for a refused document, without the cost of finding out. */
export interface Culprits extends RefusalReading {
  /**
   * True when HAProxy was run and accepts the document without the blamed services. When false, the next validation will show whether it does, and
   * may find more.
   */
  readonly isConfirmed: boolean;
  /** The proof that the operator is at fault, when HAProxy named nobody. */
  readonly shown?: OperatorEvidence;
}

/**
 * 'without-apps': HAProxy refuses the document without any app. Otherwise HAProxy refuses a document with this one app alone, and accepts it with the
 * default templates.
 */
export type OperatorEvidence = 'without-apps' | { readonly blame: Blame; readonly taken: Taken };
