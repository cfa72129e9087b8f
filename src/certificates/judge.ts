import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { machineTime } from '../lib/clock.ts';
import { withoutEnd } from '../lib/without-end.ts';
import { answered } from './answered.ts';
import { BUNDLE, findPems, MOST_FILES } from './paths.ts';
import { judgePem, type PemFinding, type UsablePem } from './pem.ts';
import { pemOf, readPemFile, sha256, type PemBundle } from './pem-file.ts';
import { whyUnread } from './read-bounded.ts';
import { type PemFile, type Shelf } from '../model/certificates.ts';

/** What is wrong with one certificate file. */
export interface FileFinding extends PemFinding {
  /** The PEM file, or the folder that has no PEM file. */
  readonly file: string;
}

/** What was found out about a file or folder that is to follow `crt`. */
export interface FileVerdict {
  /** True when HAProxy accepts it as it is. */
  readonly usable: boolean;
  /** What can follow `crt`: the file or folder itself; for a folder that HAProxy would refuse because of some files, its other files one by one. */
  readonly serves: readonly string[];
  /** The PEM files that HAProxy accepts, each by itself. */
  readonly pems: readonly string[];
  /** Why HAProxy would refuse it. */
  readonly faults: readonly FileFinding[];
  /** What clients may reject although HAProxy serves it. */
  readonly remarks: readonly FileFinding[];
  /** SHA-256 of everything that HAProxy reads for it; undefined when nothing could be read. */
  readonly fingerprint: string | undefined;
  /** When the verdict changes next through time alone, in milliseconds since 1970; Infinity when it does not. */
  readonly until: number;
  /** The same files as HAProxy has them in its memory. */
  readonly loads?: readonly PemFile[];
  /** What was found of each PEM file. */
  readonly parts?: readonly JudgedFile[];
  /** It is a folder. */
  readonly isFolder?: boolean;
  /** When the first certificate of it expires, chains included, in milliseconds since 1970; undefined where none could be read. */
  readonly expires?: number | undefined;
}

/** What was found of a PEM file before. */
export interface EarlierJudgement {
  readonly judged: JudgedFile;
  /** The file, and those that belong beside it, look as they did then: it need not be read. */
  readonly isUntouched: boolean;
}

/** The options of a look at a file. */
export interface JudgeOptions {
  /** The current time, in milliseconds since 1970. */
  readonly now?: number;
  /** How long to wait for each answer of the file system, in milliseconds. A network folder that is gone would never answer. */
  readonly deadlineMs?: number | undefined;
  /** What was found of a PEM file before: one that still has the same content is not looked into again. */
  readonly before?: (pem: string) => EarlierJudgement | undefined;
  /** So many files a folder may have. */
  readonly mostFiles?: number;
}

/** The most files of a folder that are named one by one: a line of HAProxy's has at most 64 words, and other certificates stand on the same line. */
const MOST_ONE_BY_ONE = 20;

const NO_FILES = { found: 'is a folder without a certificate file', wanted: 'put PEM files with certificate and key into it' };
const READABLE = 'put a PEM file with certificate and key there, or name another';

/**
 * What can't be in the path of a certificate: a line of a `crt-list` ends a path at a blank or a bracket [haproxy 2.6 and 3.4, tried], and a command on
 * HAProxy's socket has a meaning of its own for a backslash and a semicolon [haproxy: cli.c].
 */
const UNLISTED = /[\s[\]\\;\p{Cc}]/u;

/** Whether a list of certificates can hold this path. A certificate at any other path is never loaded. */
export function canBeListed(file: string): boolean {
  return !UNLISTED.test(file);
}

const MISNAMED = {
  found: "has a name with a blank, a line end, a bracket, a backslash or a semicolon, which HAProxy's list of certificates can't hold",
  wanted: 'rename the file: letters, digits and . _ - are safe',
};

/**
 * Decides whether HAProxy would accept a file or folder after `crt`, with everything that HAProxy reads for it: the PEM files of a folder, `FILE.rsa`
 * and `FILE.ecdsa` when FILE does not exist, and the files `.key`, `.ocsp`, `.issuer` and `.sctl` beside each of them. Never rejects.
 */
export async function judgeFile(file: string, options: JudgeOptions = {}): Promise<FileVerdict> {
  const { now = machineTime(), mostFiles = MOST_FILES, deadlineMs, before } = options;
  try {
    const { pems, isFolder } = await answered(findPems(file, mostFiles), deadlineMs);
    const parts: JudgedFile[] = [];
    for (const pem of pems) parts.push(await judgeOne(pem, { now, deadlineMs, last: before?.(pem) }));
    return summed(file, parts, isFolder);
  } catch (error) {
    return summed(file, [{ file, faults: [unreadable(file, error)] }]);
  }
}

/** One file, with what lies beside it. */
export interface JudgedFile {
  readonly file: string;
  readonly faults: readonly FileFinding[];
  readonly remarks?: readonly FileFinding[];
  readonly until?: number;
  readonly expires?: number;
  readonly hash?: string;
  /** A certificate that HAProxy accepts, as HAProxy has it in its memory. */
  readonly pem?: PemFile;
}

interface JudgingOne extends Pick<JudgeOptions, 'deadlineMs'> {
  readonly now: number;
  readonly last: EarlierJudgement | undefined;
}

/** Rejects when the file system does not answer. */
async function judgeOne(file: string, { now, deadlineMs, last }: JudgingOne): Promise<JudgedFile> {
  if (!canBeListed(file)) return { file, faults: [{ file, ...MISNAMED }] };
  const isLasting = last !== undefined && now < (last.judged.until ?? Infinity);
  if (isLasting && last.isUntouched && last.judged.hash !== undefined) return last.judged;
  const read = await answered(readPemFile(file), deadlineMs);
  if ('error' in read) return { file, faults: [unreadable(read.file, read.error)] };
  return isLasting && last.judged.hash === read.hash ? last.judged : judgeRead(read, now);
}

function judgeRead(read: PemBundle, now: number): JudgedFile {
  const { file, text, key, ocsp, issuer, sctl, hash } = read;
  const verdict = judgePem(text, { key, now });
  if (!verdict.usable) return { file, hash, faults: [{ file, ...verdict.fault }] };
  const faults = [...ocspFaults({ file, pem: verdict, ocsp, issuer }), ...sctlFaults(file, sctl)];
  const expires = Math.min(...verdict.certificates.map(({ validTo }) => Date.parse(validTo)));
  const remarks = verdict.remarks.map((remark) => ({ file, ...remark }));
  return { file, hash, until: verdict.until, expires, faults, remarks, pem: pemOf(read, verdict.certificates[0]) };
}

interface OcspParts {
  readonly file: string;
  readonly pem: UsablePem;
  readonly ocsp: Buffer | undefined;
  readonly issuer: Buffer | undefined;
}

/**
 * With a file `.ocsp`, HAProxy needs the issuer's certificate, from the chain or from `.issuer`. The OCSP response itself may be empty or damaged.
 */
function ocspFaults({ file, pem, ocsp, issuer }: OcspParts): readonly FileFinding[] {
  const [leaf, ...chain] = pem.certificates;
  if (ocsp === undefined || chain.some((one) => leaf.checkIssued(one))) return [];
  const found = "has a file .ocsp beside it, but neither its chain nor a file .issuer holds its issuer's certificate";
  return signed(leaf, issuer) ? [] : [{ file, found, wanted: "add the issuer's certificate to the chain, or remove the file .ocsp" }];
}

function signed(leaf: X509Certificate, issuer: Buffer | undefined): boolean {
  try {
    return issuer !== undefined && issuer.includes('-----BEGIN ') && leaf.checkIssued(new X509Certificate(issuer));
  } catch {
    return false;
  }
}

/**
 * The format is a list of signed certificate timestamps: the length of the list in two bytes, then each timestamp with its own length in two bytes.
 */
function sctlFaults(file: string, sctl: Buffer | undefined): readonly FileFinding[] {
  if (sctl === undefined) return [];
  let at = 2;
  while (at + 2 <= sctl.length) at += 2 + sctl.readUInt16BE(at);
  if (sctl.length >= 2 && at === sctl.length && sctl.readUInt16BE(0) === sctl.length - 2) return [];
  return [
    {
      file,
      found: 'has a file .sctl beside it that is not a list of certificate timestamps',
      wanted: 'fetch the file .sctl again, or remove it',
    },
  ];
}

/** That a file can't be read, why, and what is wanted. */
export function unreadable(file: string, error: unknown, wanted = READABLE): FileFinding {
  return { file, found: `can't be read: ${whyUnread(error)}`, wanted };
}

/** The verdict on a file or folder that is made of these. */
export function summed(file: string, parts: readonly JudgedFile[], isFolder = false): FileVerdict {
  const judged = isFolder && parts.length === 0 ? [{ file, faults: [{ file, ...NO_FILES }] }] : parts;
  const faults = judged.flatMap((one) => one.faults);
  const good = judged.filter((one) => one.faults.length === 0).map((one) => one.file);
  const hashes = judged.filter(({ hash }) => hash !== undefined);
  const [first] = hashes;
  const alone = first?.file === file;
  return {
    usable: faults.length === 0,
    pems: good,
    serves: faults.length === 0 ? [file] : good.length <= MOST_ONE_BY_ONE ? good : [],
    parts,
    isFolder,
    loads: judged.flatMap(({ pem, faults: bad }) => (pem === undefined || bad.length > 0 ? [] : [pem])),
    faults,
    remarks: judged.flatMap(({ remarks = [] }) => remarks),
    fingerprint: alone ? first.hash : first && sha256(hashes.map((one) => `${one.file}\0${one.hash ?? ''}\n`).join('')),
    until: Math.min(...judged.map(({ until = Infinity }) => until)),
    expires: earliest(judged.flatMap(({ expires }) => expires ?? [])),
  };
}

/** What HAProxy has in its memory for these words behind `crt`, of these certificate files. */
export function shelvesOf(words: readonly string[], pems: readonly PemFile[]): readonly Shelf[] {
  const byFolder = groupedBy(pems, ({ path: pem }) => path.dirname(pem));
  const byPath = groupedBy(pems, ({ path: pem }) => pem);
  return words.map((word): Shelf => {
    const name = withoutEnd(word, '/');
    const within = byFolder.get(name) ?? [];
    if (within.length > 0) return { name, kind: 'folder', pems: within };
    return { name, kind: 'file', pems: [name, ...BUNDLE.map((end) => name + end)].flatMap((pem) => byPath.get(pem) ?? []) };
  });
}

function groupedBy(pems: readonly PemFile[], keyOf: (pem: PemFile) => string): ReadonlyMap<string, readonly PemFile[]> {
  const groups = new Map<string, PemFile[]>();
  for (const pem of pems) {
    const group = groups.get(keyOf(pem));
    if (group === undefined) groups.set(keyOf(pem), [pem]);
    else group.push(pem);
  }
  return groups;
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}
