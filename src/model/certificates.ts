import type { Problem } from './problem.ts';

/** What is known about the files that HAProxy reads certificates from. */
export interface Certificates {
  /** The files for the shared https frontend, in order; never empty. */
  readonly files: readonly string[];
  /** These stand in a list of their own, one by one; decided by their number when left out. */
  readonly isListed?: boolean;
  /**
   * Files and folders of the operator that can't be used now. What HAProxy has of them in its memory stays until its next reload, which it would not
   * survive with them.
   */
  readonly spoiled?: readonly string[];
  /** What is wrong with the operator's files (--ssl-certs). */
  readonly problems: readonly Problem[];
  /** The content of the operator's files that the shared https frontend uses; `file` is the name that the operator gave. */
  readonly contents: readonly PemContent[];
  /** The files that labels name, as far as they have been read. */
  readonly named: readonly NamedFile[];
  /** Set when the files that labels name are checked before HAProxy gets them. Not set under --dry, which reads none of them. */
  readonly areJudged?: true;
}

/** The keyword in front of a file's path, `page` for a page that HAProxy answers with, or `file` for all other keywords in a template. */
export type FileKeyword = (typeof FILE_KEYWORDS)[number];

/** The keywords of a bind line that are followed by a file, `page` for a page that HAProxy answers with, and `file` for all other keywords. */
export const FILE_KEYWORDS = [
  'crt',
  'crt-list',
  'ca-file',
  'ca-verify-file',
  'ca-sign-file',
  'crl-file',
  'tls-ticket-keys',
  'page',
  'file',
] as const;

/** A file that a label names, and the keyword in front of it. */
export interface FileUse {
  readonly keyword: FileKeyword;
  /** Its path, without blanks. */
  readonly path: string;
}

/** Returns the name of a file use: `/etc/ssl/shop.pem` for `crt`, `ca-file /etc/ca.pem` for any other keyword. */
export function fileName({ keyword, path }: FileUse): string {
  return keyword === 'crt' ? path : `${keyword} ${path}`;
}

/** Returns the file use for a name that `fileName` has made. */
export function fileUse(name: string): FileUse {
  const keyword = FILE_KEYWORDS.find((one) => name.startsWith(`${one} `));
  return keyword === undefined ? { keyword: 'crt', path: name } : { keyword, path: name.slice(keyword.length + 1) };
}

/** What HAProxy reads from a file or folder. */
export interface PemContent {
  readonly file: string;
  /** SHA-256 of everything that HAProxy reads. */
  readonly fingerprint: string;
  /** What HAProxy has of it in its memory; undefined when that was not looked into. */
  readonly shelves?: readonly Shelf[];
}

/** A certificate file, as HAProxy has it in its memory under this path. */
export interface PemFile {
  readonly path: string;
  /** SHA-256 of the file, and of what lies beside it. */
  readonly fingerprint: string;
  /** The host names that it is for, in lower case. */
  readonly names: readonly string[];
  /** The type of its key: `rsa`, `ec`. HAProxy may have one certificate of each type for a name. */
  readonly key: string;
  /** Why no runtime command can load it; undefined when one can. */
  readonly needsReload?: string;
}

/** What HAProxy has for one word behind `crt` or `crt-list`: a file (or its parts `.rsa` and `.ecdsa`), a folder, or a list. */
export interface Shelf {
  /** As HAProxy knows it: a folder has no slash at its end. */
  readonly name: string;
  /** The contents of folders and lists can change while HAProxy runs. */
  readonly kind: 'file' | 'folder' | 'list';
  readonly pems: readonly PemFile[];
}

/** A file or folder that a label names. */
export interface NamedFile {
  /** The name that `fileName` makes. */
  readonly file: string;
  /** The paths to write in place of its own; empty when HAProxy accepts none of its content. */
  readonly serves: readonly string[];
  /** SHA-256 of what HAProxy reads from it; undefined when nothing could be read. */
  readonly fingerprint: string | undefined;
  /** For a certificate: what HAProxy has of it in its memory; undefined when that was not looked into. */
  readonly shelves?: readonly Shelf[];
  /** What is wrong with it, told to the owner of the label that names it. */
  readonly faults: readonly Pick<Problem, 'message' | 'hint'>[];
}
