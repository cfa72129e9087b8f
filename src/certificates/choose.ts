import path from 'node:path';
import type { Environment } from '../lib/environment.ts';
import { inTime } from '../lib/deadline.ts';
import { makeFolder } from '../lib/folders.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Certificates } from '../model/certificates.ts';
import type { Owner, Problem } from '../model/problem.ts';
import { isMany, onLine } from '../haproxy/crt-list.ts';
import { settleWithCopy, type Keeping, type Settled } from './copies.ts';
import { NO_REFUSALS } from './refusals.ts';
import { canBeListed, judgeFile, shelvesOf, type FileVerdict } from './judge.ts';
import { readGivenCertificates, writeCertificates, type GivenCertificate } from './given-as-text.ts';

/** The certificates of the shared https frontend. */
export interface ChosenCertificates extends Omit<Certificates, 'named'> {
  /** The verdict on every file that was looked at, by name and in order, including files that are left out. */
  readonly verdicts: ReadonlyMap<string, FileVerdict>;
  /** What the bind of one port can have of them, on one line. */
  readonly shared: readonly string[];
}

/**
 * The certificates chosen at the start, and the Problems of certificates given as text. Those Problems stay, because the environment does not change.
 */
export interface ChosenAtStart extends ChosenCertificates {
  readonly given: readonly Problem[];
  /** The certificates given as text that could not be written where marathon-lb's container has them. */
  readonly elsewhere: readonly GivenCertificate[];
}

/** Where the operator's certificates come from. */
export interface CertificateSources {
  /** The files named by --ssl-certs. */
  readonly wanted: readonly string[];
  /** May hold more certificates as text: HAPROXY_SSL_CERT, HAPROXY_SSL_CERT0 to HAPROXY_SSL_CERT100. */
  readonly env: Environment;
  readonly stateDir: string;
  /** The folder that certificates given as text are written to; /etc/ssl when left out. */
  readonly folder?: string;
  /** The folder for those that can't be written there. */
  readonly elsewhere?: string;
}

/**
 * Chooses the certificates of the shared https frontend: the files named by --ssl-certs, then the certificates given as text, as in marathon-lb's
 * container. Certificates that HAProxy can't use are left out, because HAProxy would refuse the whole configuration for one of them.
 */
export async function chooseCertificates({ wanted, env, stateDir, folder, elsewhere }: CertificateSources): Promise<ChosenAtStart> {
  const given = readGivenCertificates(env, folder);
  const written = await writeCertificates(given.certificates, elsewhere);
  const files = namesOf(wanted, written.certificates);
  const judged = await Promise.all(files.map(async (file) => [file, await judgeFile(file)] as const));
  const chosen = await selectCertificates(new Map(judged), { stateDir });
  const ofText = [...given.problems, ...written.problems];
  const moved = written.certificates.filter(({ insteadOf }) => insteadOf !== undefined);
  return { ...chosen, given: ofText, elsewhere: moved, problems: [...ofText, ...chosen.problems] };
}

/** Where copies are kept, what HAProxy has refused, and the copies that are as they should be. */
export interface Selecting extends Pick<Keeping, 'known' | 'refusals'> {
  readonly stateDir: string;
}

/**
 * Selects the files that HAProxy accepts, in their order. For a folder with bad files, its good files are named one by one; for a file that was good
 * earlier, the kept copy is used. When nothing is left, a self-signed certificate in the state folder is used, so that a machine without certificates
 * starts.
 */
export async function selectCertificates(
  verdicts: ReadonlyMap<string, FileVerdict>,
  { stateDir, refusals = NO_REFUSALS, known }: Selecting,
): Promise<ChosenCertificates> {
  const keeping: Keeping = { folder: copiesIn(stateDir), refusals, ...(known && { known }) };
  const settled = await Promise.all([...verdicts].map(async ([file, one]) => [file, await settleWithCopy(file, one, keeping)] as const));
  const all = settled.map(([file, one]) => [file, one.serves.length > 0 ? one : { ...one, serves: one.pems }] as const);
  const few = all.flatMap(([, { serves }]) => serves);
  const isListed = isMany(few) || all.some(([, { isFolder }]) => isFolder === true);
  const found = [...new Set(isListed ? all.flatMap(([, { pems }]) => pems) : few)]; // no folder may be in a crt-list
  const own = ownIn(stateDir);
  const served = found.length > 0 ? found : [own];
  const instead = `${own}, which no client trusts, is used instead`;
  const problems = all.flatMap(([file, verdict]) => {
    const effect = found.length === 0 ? instead : (effectOf(verdict) ?? (isListed ? LEFT_OUT : undefined));
    return certificateProblems({ file, verdict, ...(effect !== undefined && { effect }) });
  });
  const used = found.length > 0 ? all : [[own, await makeOwn(own)] as const];
  const contents = used.flatMap(([file, { fingerprint, serves, loads }]) => {
    return fingerprint === undefined || serves.length === 0
      ? []
      : [{ file, fingerprint, ...(loads && { shelves: shelvesOf(serves, loads) }) }];
  });
  const spoiled = isListed ? all.flatMap(([, { faults }]) => faults.map(({ file }) => file)).filter(canBeListed) : [];
  return { files: served, shared: few.length > 0 ? onLine(few) : [own], isListed, spoiled, problems, contents, verdicts };
}

/** What comes of a bad certificate that stands in a list. */
const LEFT_OUT = 'it is left out; what HAProxy has of it stays until the next reload';

/** The folder with the copies of good certificates. */
export function copiesIn(stateDir: string): string {
  return path.join(path.resolve(stateDir), 'certificates');
}

/** What comes of it that a copy serves; undefined where none does. */
export function effectOf({ isCopy }: Settled): string | undefined {
  return isCopy === true ? 'the previous one stays in use' : undefined;
}

interface FaultyFile {
  readonly file: string;
  readonly verdict: FileVerdict;
  /** What happens because HAProxy can't use the certificate. When undefined: it is left out. */
  readonly effect?: string;
  /** Who named the file; the operator when undefined. */
  readonly owner?: Owner;
  /** The label that names the file. */
  readonly label?: string;
}

/** The Problems with a certificate, for whoever named it. A certificate that serves can have Problems too, for example when it has expired. */
export function certificateProblems({ file, verdict, effect, owner = { by: 'operator' }, label }: FaultyFile): readonly Problem[] {
  const told = { code: 'certificate', owner, ...(label !== undefined && { label }) } as const;
  const leftOut = verdict.serves.length > 0 || verdict.faults.every((fault) => fault.file === file) ? 'it' : `all of ${file}`;
  return [
    ...verdict.faults.map(({ file: pem, found, wanted: hint }) => ({
      ...told,
      message: `the certificate ${pem} ${found}, so ${effect ?? `${leftOut} is left out`}`,
      hint,
    })),
    ...verdict.remarks.map(({ file: pem, found, wanted: hint }) => ({ ...told, message: `the certificate ${pem} ${found}`, hint })),
  ];
}

/** The certificates for `--dry`, which writes nothing and reads no certificate file. */
export function nameCertificates({ wanted, env, folder }: Pick<CertificateSources, 'wanted' | 'env' | 'folder'>): Certificates {
  const { certificates, problems } = readGivenCertificates(env, folder);
  return { files: namesOf(wanted, certificates), problems, contents: [], named: [] };
}

/**
 * The files of --ssl-certs come first, because HAProxy serves the first certificate to clients that name no known host. One of them may be where a
 * certificate given as text belongs, and was written elsewhere.
 */
function namesOf(wanted: readonly string[], given: readonly GivenCertificate[]): readonly string[] {
  const moved = movedFiles(given);
  return [...new Set([...wanted.map((file) => moved.get(file) ?? file), ...given.map(({ file }) => file)])];
}

/** Where certificates given as text were written, by the file that marathon-lb's container has them in. */
export function movedFiles(given: readonly GivenCertificate[]): ReadonlyMap<string, string> {
  return new Map(given.flatMap(({ file, insteadOf }) => (insteadOf === undefined ? [] : [[insteadOf.file, file] as const])));
}

/** Makes the self-signed certificate again when a configuration that HAProxy is about to read names it and the file is gone. */
export async function makeOwnAgain(text: string, stateDir: string): Promise<void> {
  const own = ownIn(stateDir);
  if (text.includes(own)) await makeOwn(own);
}

function ownIn(stateDir: string): string {
  return path.join(stateDir, 'self-signed.pem');
}

/** How long making a key and writing a file may take, in milliseconds. */
const OWN_MS = 10_000;

/** Makes the self-signed certificate unless a usable one exists. */
async function makeOwn(own: string): Promise<FileVerdict> {
  const known = await judgeFile(own);
  if (known.usable) return known;
  const making = makeFolder(path.dirname(own)).then(async () => {
    const { makeSelfSigned } = await import('./self-signed.ts'); // what it needs is large and seldom needed
    await replaceFile(own, [await makeSelfSigned()], 0o600);
  });
  await inTime(making, { ms: OWN_MS, what: `making the certificate ${own}` });
  return judgeFile(own);
}
