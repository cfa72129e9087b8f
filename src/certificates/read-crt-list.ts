import { fileName } from '../model/certificates.ts';

/** A line of a `crt-list` that names files. */
export interface CrtLine {
  /** Counted from 1. */
  readonly line: number;
  /** The certificate and the files of its options, as `fileName` writes them. */
  readonly files: readonly string[];
  /** It names nothing that looks like a certificate: HAProxy would quote it, and it may be a line of a file that must not be shown. */
  readonly isNone?: true;
}

const LINE = /^\s*([^\s[#][^\s[]*)\s*(?:\[([^\]]*)\])?/;

/** A certificate in a folder that only HAProxy knows (`crt-base`), or out of a `crt-store`. */
const ELSEWHERE = /^(?:@[\w.-]+\/[\w./-]+|(?!.*\.\.)\w[\w./-]*\.(?:pem|crt|cer|cert|rsa|ecdsa))$/;

/**
 * The lines of a `crt-list`: a certificate, options in brackets, names. A certificate out of a `crt-store` (`@…`) is no file, and where a relative
 * path is looked for only HAProxy knows.
 */
export function readCrtList(text: string): readonly CrtLine[] {
  return text.split('\n').flatMap((raw, i) => {
    const [, path, options = ''] = LINE.exec(raw) ?? [];
    if (path === undefined && /^\s*(?:#|$)/.test(raw)) return [];
    if (path === undefined || !(path.startsWith('/') || ELSEWHERE.test(path))) return [{ line: i + 1, files: [], isNone: true }];
    const named = [...options.matchAll(/(?:^|\s)(ca-file|ca-verify-file|crl-file)\s+([/@]\S+)/g)];
    const files = [
      ...(path.startsWith('/') ? [fileName({ keyword: 'crt', path })] : []),
      ...named.map(([, keyword, file = '']) => fileName({ keyword: keyword as 'ca-file', path: file })),
    ];
    return [{ line: i + 1, files }];
  });
}

/** All files that these lines name, each once. */
export function crtPathsIn(lines: readonly CrtLine[]): readonly string[] {
  return [...new Set(lines.flatMap(({ files }) => files))];
}
