import type { Problem } from './problem.ts';

/** What is known about the files that HAProxy reads certificates from. */
export interface Certificates {
  /** The files for the shared https frontend, in order; never empty. */
  readonly files: readonly string[];
  /** What is wrong with the operator's files (--ssl-certs). */
  readonly problems: readonly Problem[];
  /** The content of the operator's files that the shared https frontend uses; `file` is the name that the operator gave. */
  readonly contents: readonly Content[];
  /** The files that labels name, as far as they have been read. */
  readonly named: readonly NamedCertificate[];
}

/** What HAProxy reads from a file or folder. */
export interface Content {
  readonly file: string;
  /** SHA-256 of everything that HAProxy reads. */
  readonly fingerprint: string;
}

/** A file or folder that a label names. */
export interface NamedCertificate {
  readonly file: string;
  /** The paths to write after `crt` for it; empty when HAProxy accepts none of its content. */
  readonly serves: readonly string[];
  /** SHA-256 of what HAProxy reads from it; undefined when nothing could be read. */
  readonly fingerprint: string | undefined;
  /** What is wrong with it, told to the owner of the label that names it. */
  readonly faults: readonly Pick<Problem, 'message' | 'hint'>[];
}
