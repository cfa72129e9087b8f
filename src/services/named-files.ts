import { FILE_KEYWORDS, fileName, type FileKeyword } from '../model/certificates.ts';
import type { FileOfLabel, Overrides } from '../model/service.ts';
import { words } from './define-grammar.ts';

/** The labels that name files. */
interface FileLabels {
  readonly certificate?: string | undefined;
  readonly bindOptions?: string | undefined;
  readonly backendCa?: string | undefined;
  readonly clientCa?: { readonly ca: string } | undefined;
}

interface OfPort {
  readonly index: number;
  /** Its template texts. */
  readonly overrides: Overrides;
}

/** All files that the labels of a port name, each with its label. */
export function filesOf(
  { certificate, bindOptions, backendCa, clientCa }: FileLabels,
  { index, overrides }: OfPort,
): readonly FileOfLabel[] {
  const isNamed = certificate !== undefined || bindOptions !== undefined || backendCa !== undefined || clientCa !== undefined;
  if (!isNamed && Object.keys(overrides).length === 0) return NONE;
  const of = (name: string) => `HAPROXY_${index}_${name}`;
  const ofTemplates = Object.entries(overrides).flatMap(([name, text]) => {
    const label = of(name.replace(/^HAPROXY_/, ''));
    return filesInTemplate(text).map((file): FileOfLabel => ({ file, label, in: 'template' }));
  });
  return [
    ...(certificate === undefined ? [] : [{ file: certificate, label: of('SSL_CERT'), in: 'certificate' } as const]),
    ...filesInOptions(bindOptions).map((file): FileOfLabel => ({ file, label: of('BIND_OPTIONS'), in: 'options' })),
    ...authorities(backendCa, of('BACKEND_CA')),
    ...authorities(clientCa?.ca, of('CLIENT_CA')),
    ...ofTemplates,
  ];
}

const NONE: readonly never[] = [];

function authorities(path: string | undefined, label: string): readonly FileOfLabel[] {
  return path === undefined ? [] : [{ file: fileName({ keyword: 'ca-file', path }), label, in: 'template' }];
}

const KEYWORDS: ReadonlySet<string> = new Set(FILE_KEYWORDS.filter((keyword) => keyword !== 'file' && keyword !== 'page'));

/** Leaves out relative paths, because the operator's `crt-base` and `ca-base` decide which file HAProxy reads for them. */
function filesInOptions(options = ''): readonly string[] {
  const own = pairsIn(options).filter(([, path]) => /^[/@]/.test(path));
  return own.map(([keyword, path]) => fileName({ keyword, path }));
}

/** The bind options with each file replaced by the paths that `pathsOf` returns for it. The keyword is repeated in front of each path. */
export function withPaths(options: string, pathsOf: (file: string) => readonly string[]): string {
  return pairsIn(options).reduce((text, [keyword, path]) => {
    const instead = pathsOf(fileName({ keyword, path })).map((other) => `${keyword} ${other}`);
    return ` ${text} `.replace(` ${keyword} ${path} `, () => ` ${instead.join(' ')} `).trim();
  }, options);
}

function pairsIn(options: string): readonly (readonly [keyword: FileKeyword, path: string])[] {
  const all = words(options);
  return all.flatMap((word, i) => (KEYWORDS.has(word) ? [[word as FileKeyword, all[i + 1] ?? ''] as const] : []));
}

/** Keywords of HAProxy's with a file behind them, in sections that a template may write. */
const IN_TEMPLATE =
  /(?:^|\s)(?:(crt|crt-list|ca-file|ca-verify-file|ca-sign-file|crl-file|tls-ticket-keys)|errorfile\s+\d{3}|lf-file|lf-errorfile\s+\d{3}|file|-f)\s+(\S+)/gm;

/** Converters that read a map. */
const MAP = /\bmap(?:_\w+)?\(\s*([^\s,()]+)/g;

/**
 * The files that a template text names in plain words. A path with a variable, a quote or a backslash is not seen. This protects other apps from a
 * mistake, not from an attack: whoever may write templates can do whatever HAProxy can.
 */
function filesInTemplate(text: string): readonly string[] {
  const behindKeyword = Array.from(text.matchAll(IN_TEMPLATE), ([, keyword, path = '']) => ({ keyword: keyword ?? 'file', path }));
  const ofMaps = Array.from(text.matchAll(MAP), ([, path = '']) => ({ keyword: 'file', path }));
  const plain = [...behindKeyword, ...ofMaps].filter(({ path }) => /^\/[^\s"'\\${}%]+$/.test(path));
  return plain.map(({ keyword, path }) => fileName({ keyword: keyword as FileKeyword, path }));
}
