import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../lib/environment.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Problem } from '../model/problem.ts';
import { judgePem } from './pem.ts';

/** The folder of certificates in marathon-lb's container. Templates of its users name it. */
const CERTIFICATE_FOLDER = '/etc/ssl';

/** A certificate with its key that was given as text, and the file that HAProxy reads it from. */
export interface GivenCertificate {
  readonly variable: string;
  readonly file: string;
  readonly pem: string;
  /** Where marathon-lb would have written it, when it could not be written there; and why not. */
  readonly insteadOf?: { readonly file: string; readonly why: string };
}

/** The certificates found in the environment. */
export interface GivenCertificates {
  readonly certificates: readonly GivenCertificate[];
  readonly problems: readonly Problem[];
}

const VARIABLES: readonly (readonly [variable: string, file: string])[] = [
  ['HAPROXY_SSL_CERT', 'cert.pem'],
  ...Array.from({ length: 101 }, (_, i): [string, string] => [`HAPROXY_SSL_CERT${i}`, `cert${i}.pem`]),
];

/** Whether a path is one at which marathon-lb stores the certificates it is given: its documentation names these paths in labels. */
export function isDefaultFile(file: string): boolean {
  return path.dirname(file) === CERTIFICATE_FOLDER && VARIABLES.some(([, name]) => name === path.basename(file));
}

/**
 * Reads the certificates in HAPROXY_SSL_CERT and HAPROXY_SSL_CERT0 to HAPROXY_SSL_CERT100. One that HAProxy can't use becomes a Problem, because
 * HAProxy would refuse the whole configuration for it.
 */
export function readGivenCertificates(env: Environment, folder = CERTIFICATE_FOLDER): GivenCertificates {
  const certificates: GivenCertificate[] = [];
  const problems: Problem[] = [];
  for (const [variable, name] of VARIABLES) {
    const text = env[variable]?.trim() ?? '';
    if (text === '') continue;
    const pem = tidyPem(text);
    const verdict = judgePem(pem);
    if (verdict.usable) certificates.push({ variable, file: path.join(folder, name), pem });
    else problems.push(notUsed(variable, verdict.fault.found));
  }
  return { certificates, problems };
}

/** How long a file is waited for, in milliseconds. */
const WRITE_MS = 5_000;

/**
 * Writes certificates to files that no other user can read at any moment. One that can't be written to its own folder, which may be read-only or
 * somebody else's, is written to `elsewhere`; one that can't be written there either becomes a Problem.
 */
export async function writeCertificates(certificates: readonly GivenCertificate[], elsewhere?: string): Promise<GivenCertificates> {
  const written: GivenCertificate[] = [];
  const problems: Problem[] = [];
  for (const certificate of certificates) {
    const done = await writeOne(certificate, elsewhere);
    if ('why' in done) problems.push(notUsed(certificate.variable, `can't be written to ${done.why}`));
    else written.push(done);
  }
  return { certificates: written, problems };
}

async function writeOne(
  certificate: GivenCertificate,
  elsewhere: string | undefined,
): Promise<GivenCertificate | { readonly why: string }> {
  const { file, pem } = certificate;
  const why = await tryWrite(file, pem);
  if (why === undefined) return certificate;
  if (elsewhere === undefined) return { why: `${file} (${why})` };
  const other = path.join(elsewhere, path.basename(file));
  const whyNot = await tryWrite(other, pem);
  return whyNot === undefined
    ? { ...certificate, file: other, insteadOf: { file, why } }
    : { why: `${file} (${why}), nor to ${other} (${whyNot})` };
}

/** Resolves to the reason why a file can't be written; undefined when it was. */
async function tryWrite(file: string, text: string): Promise<string | undefined> {
  try {
    await inTime(writeSecret(file, text), { ms: WRITE_MS, what: 'writing it' });
    return undefined;
  } catch (error) {
    return sentence(error);
  }
}

/** Replacing a file keeps its mode, so the mode is corrected first. A symbolic link is removed and not followed, because its target is not ours. */
async function writeSecret(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
  const known = await lstat(file).catch(() => undefined);
  if (known?.isSymbolicLink() === true) await unlink(file);
  else if (known !== undefined) await chmod(file, 0o600);
  await replaceFile(file, [text], 0o600);
}

/** Accepts lines that end with CRLF, or with the two characters `\n`, which come from JSON that was quoted twice. Removes empty lines. */
function tidyPem(text: string): string {
  const lines = text.split(/(?:\\r|\r)?(?:\\n|\n)/).map((line) => line.trim());
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function notUsed(variable: string, fault: string): Problem {
  return {
    code: 'certificate',
    owner: { by: 'operator' },
    message: `the certificate in ${variable} ${fault}, so it is left out`,
    hint: `put the PEM text of a certificate, its chain and its private key without passphrase into ${variable}`,
  };
}
