import type { Problem } from './problem.ts';

/** What is known of the files that HAProxy reads certificates from. */
export interface Certificates {
  /** What the shared https frontend gets, in order; never empty. */
  readonly files: readonly string[];
  /** The operator's. */
  readonly problems: readonly Problem[];
  /** Of those that serve there, by the name that the operator gave. */
  readonly contents: readonly Content[];
  /** Those that labels name, by name, as far as they were looked into. */
  readonly named: readonly NamedCertificate[];
}

/** What HAProxy reads for a file or folder. */
export interface Content {
  readonly file: string;
  /** SHA-256 of all of it. */
  readonly fingerprint: string;
}

/** A file or folder that a label names. */
export interface NamedCertificate {
  readonly file: string;
  /** What can stand behind `crt` for it; empty when HAProxy takes nothing of it. */
  readonly serves: readonly string[];
  /** SHA-256 of what HAProxy reads for it; none when nothing could be read. */
  readonly fingerprint: string | undefined;
  /** What is wrong with it, for whoever has named it. */
  readonly faults: readonly Pick<Problem, 'message' | 'hint'>[];
}
