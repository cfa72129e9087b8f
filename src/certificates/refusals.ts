import type { FileVerdict } from './judge.ts';

/** A PEM file that HAProxy refuses although our own check accepts it: HAProxy may be built with a different OpenSSL, or be stricter by its settings. */
export interface RefusedPem {
  readonly path: string;
  /** HAProxy's words. */
  readonly words: string;
}

/** The refused PEM files by the fingerprint that their file or folder had then: once its content changes, HAProxy is asked again. */
export type PemRefusals = ReadonlyMap<string, readonly RefusedPem[]>;

/** Nothing was refused yet. */
export const NO_REFUSALS: PemRefusals = new Map();

/** The verdict on a file or folder without the PEM files in it that HAProxy has refused. */
export function withRefusals(verdict: FileVerdict, refusals: PemRefusals): FileVerdict {
  const refused = (refusals.get(verdict.fingerprint ?? '') ?? []).filter(({ path }) => verdict.pems.includes(path));
  if (refused.length === 0) return verdict;
  const pems = verdict.pems.filter((pem) => refused.every(({ path }) => path !== pem));
  const faults = refused.map(({ path: file, words }) => ({
    file,
    found: `is refused by HAProxy: ${words}`,
    wanted: 'use a certificate that HAProxy accepts, as RSA of 2048 bits or EC, signed with SHA-256',
  }));
  const loads = verdict.loads?.filter(({ path }) => pems.includes(path)) ?? [];
  return { ...verdict, usable: false, serves: pems, pems, loads, faults: [...verdict.faults, ...faults] };
}

/** The certificate files that HAProxy can't load, by the lines of a refusal; what else the lines complain of is left to the next try. */
export function refusedPems(lines: readonly string[]): readonly RefusedPem[] {
  const byPath = new Map(
    lines.flatMap((line): [string, string][] => {
      const [, words = '', path] = OF_PEM.exec(line) ?? [];
      return path === undefined ? [] : [[path, words.trimEnd().replace(/\.$/, '')]];
    }),
  );
  return Array.from(byPath, ([path, words]) => ({ path, words }));
}

/** `… : unable to load SSL certificate into SSL Context '/etc/ssl/a.pem': ee key too small.` */
const OF_PEM = /^\[ALERT\].*: ((?:unable to|cannot|couldn't|inconsistencies)[^:']*(?:certificate|private key)[^:']*'(\/[^']+)'.*)$/;
