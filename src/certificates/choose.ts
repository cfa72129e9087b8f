import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../lib/environment.ts';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Certificates } from '../model/certificates.ts';
import type { Owner, Problem } from '../model/problem.ts';
import { listOf } from '../haproxy/crt-list.ts';
import { settleWithCopy, type Settled } from './copies.ts';
import { judgeFile, type FileVerdict } from './judge.ts';
import { readGivenCertificates, writeCertificates, type GivenCertificate } from './given.ts';

/** The certificates of the shared https frontend. */
export interface Chosen extends Omit<Certificates, 'named'> {
  /** Of all that were looked into, by name, in order; also those left out. */
  readonly verdicts: ReadonlyMap<string, FileVerdict>;
}

/** Those of the start, and what is wrong with those given as text: that stays as long as the environment does. */
export interface ChosenAtStart extends Chosen {
  readonly given: readonly Problem[];
}

/** Where the operator's certificates come from. */
export interface CertificateSources {
  /** The files that --ssl-certs names. */
  readonly wanted: readonly string[];
  /** Holds further ones as text: HAPROXY_SSL_CERT, HAPROXY_SSL_CERT0 to 100. */
  readonly env: Environment;
  readonly stateDir: string;
  /** Where those given as text are written: /etc/ssl when left out. */
  readonly folder?: string;
}

/**
 * The certificates of the shared https frontend: the files that --ssl-certs names, then those given as text, as marathon-lb's container has
 * them. HAProxy would refuse the whole configuration for one that it can't use, so each of those is left out.
 */
export async function chooseCertificates({ wanted, env, stateDir, folder }: CertificateSources): Promise<ChosenAtStart> {
  const given = readGivenCertificates(env, folder);
  const written = await writeCertificates(given.certificates);
  const files = namesOf(wanted, written.certificates);
  const judged = await Promise.all(files.map(async (file) => [file, await judgeFile(file)] as const));
  const chosen = await selectCertificates(new Map(judged), stateDir);
  const ofText = [...given.problems, ...written.problems];
  return { ...chosen, given: ofText, problems: [...ofText, ...chosen.problems] };
}

/**
 * Of these the ones that HAProxy takes, in their order; of a folder with bad files, the others one by one; of a file that was good, what was in
 * it. Where there is none, one of our own in the state folder, so that a bare machine starts.
 */
export async function selectCertificates(verdicts: ReadonlyMap<string, FileVerdict>, stateDir: string): Promise<Chosen> {
  const settled = await Promise.all([...verdicts].map(async ([file, one]) => [file, await settle(file, one, stateDir)] as const));
  const all = settled.map(([file, one]) => [file, one.serves.length > 0 ? one : { ...one, serves: one.pems }] as const);
  const few = all.flatMap(([, { serves }]) => serves);
  const served = listOf(few).length === 0 ? few : all.flatMap(([, { pems }]) => pems); // no folder may stand in a list
  const own = ownIn(stateDir);
  if (served.length === 0) await makeOwn(own);
  const instead = `${own}, which no client trusts, is used instead`;
  const problems = all.flatMap(([file, verdict]) => {
    const effect = served.length === 0 ? instead : effectOf(verdict);
    return certificateProblems({ file, verdict, ...(effect !== undefined && { effect }) });
  });
  const contents = all.flatMap(([file, { fingerprint, serves }]) => {
    return fingerprint === undefined || serves.length === 0 ? [] : [{ file, fingerprint }];
  });
  return { files: served.length > 0 ? [...new Set(served)] : [own], problems, contents, verdicts };
}

/** What serves for a file, as `settleWithCopy` says, with the copies of a state folder. */
export function settle(file: string, verdict: FileVerdict, stateDir: string): Promise<Settled> {
  return settleWithCopy(file, verdict, copiesIn(stateDir));
}

/** Where copies of good certificates are. */
export function copiesIn(stateDir: string): string {
  return path.join(path.resolve(stateDir), 'certificates');
}

/** What comes of it that a copy serves; undefined where none does. */
export function effectOf({ isCopy }: Settled): string | undefined {
  return isCopy === true ? 'the one before it is served on' : undefined;
}

interface Judged {
  readonly file: string;
  readonly verdict: FileVerdict;
  /** What comes of it that HAProxy can't use it; that it is left out, when not given. */
  readonly effect?: string;
  /** Who named the file: the operator, when not given. */
  readonly owner?: Owner;
  /** The label that names it. */
  readonly label?: string;
}

/** What is wrong with a certificate, told to whoever named it. One that serves has Problems, too: it may have expired. */
export function certificateProblems({ file, verdict, effect, owner = { by: 'operator' }, label }: Judged): readonly Problem[] {
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

/** The same for `--dry`, which writes nothing and looks into no file. */
export function nameCertificates({ wanted, env, folder }: Omit<CertificateSources, 'stateDir'>): Certificates {
  const { certificates, problems } = readGivenCertificates(env, folder);
  return { files: namesOf(wanted, certificates), problems, contents: [], named: [] };
}

/** Those of --ssl-certs first: HAProxy serves the first one to clients that name no host it knows. */
function namesOf(wanted: readonly string[], given: readonly GivenCertificate[]): readonly string[] {
  return [...new Set([...wanted, ...given.map(({ file }) => file)])];
}

/** For a configuration that is about to be read: where it names our own certificate and somebody has removed that, it is made again. */
export async function makeOwnAgain(text: string, stateDir: string): Promise<void> {
  const own = ownIn(stateDir);
  if (text.includes(own)) await makeOwn(own);
}

function ownIn(stateDir: string): string {
  return path.join(stateDir, 'self-signed.pem');
}

/** Made once, and again when what is there can't be used. */
async function makeOwn(own: string): Promise<void> {
  if ((await judgeFile(own)).usable) return;
  await mkdir(path.dirname(own), { recursive: true });
  await replaceFile(own, [await makeSelfSigned()], 0o600);
}

/** Certificate and key in one PEM text, as HAProxy's `crt` reads it; good for ten years. */
async function makeSelfSigned(): Promise<string> {
  try {
    const { generate } = await import('selfsigned'); // it is large, and seldom needed
    const tenYears = new Date(Date.now() + 3650 * 86_400_000);
    const { cert, private: key } = await generate([{ name: 'commonName', value: '*' }], {
      keySize: 2048,
      algorithm: 'sha256',
      notAfterDate: tenYears,
    });
    return `${cert.trim()}\n${key.trim()}\n`;
  } catch (error) {
    throw new Error(`a self-signed certificate could not be made: ${sentence(error)}`, { cause: error });
  }
}
