import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../lib/environment.ts';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Problem } from '../model/problem.ts';
import { judgePem } from './pem.ts';

/** Where marathon-lb's container has its certificates, and templates of its users expect them. */
const CERTIFICATE_FOLDER = '/etc/ssl';

/** A certificate with its key, given as text, and the file that HAProxy reads it from. */
export interface GivenCertificate {
  readonly variable: string;
  readonly file: string;
  readonly pem: string;
}

/** What was found in the environment. */
export interface GivenCertificates {
  readonly certificates: readonly GivenCertificate[];
  readonly problems: readonly Problem[];
}

const VARIABLES: readonly (readonly [variable: string, file: string])[] = [
  ['HAPROXY_SSL_CERT', 'cert.pem'],
  ...Array.from({ length: 101 }, (_, i): [string, string] => [`HAPROXY_SSL_CERT${i}`, `cert${i}.pem`]),
];

/** Whether a path is one that marathon-lb has its certificates at, when it was given any: documentation names these in labels. */
export function isDefaultFile(file: string): boolean {
  return path.dirname(file) === CERTIFICATE_FOLDER && VARIABLES.some(([, name]) => name === path.basename(file));
}

/** The certificates in HAPROXY_SSL_CERT and HAPROXY_SSL_CERT0 to 100. HAProxy would refuse all for one that it can't use: that is a Problem. */
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

/** Writes them where nobody else can read them, not even meanwhile; what can't be written is a Problem. */
export async function writeCertificates(certificates: readonly GivenCertificate[]): Promise<GivenCertificates> {
  const written: GivenCertificate[] = [];
  const problems: Problem[] = [];
  for (const certificate of certificates) {
    try {
      await writeSecret(certificate.file, certificate.pem);
      written.push(certificate);
    } catch (error) {
      problems.push(notUsed(certificate.variable, `can't be written to ${certificate.file} (${sentence(error)})`));
    }
  }
  return { certificates: written, problems };
}

/** A file keeps its mode when it is replaced, so that is put right first; a link is not followed, as what it leads to is not ours. */
async function writeSecret(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const known = await lstat(file).catch(() => undefined);
  if (known?.isSymbolicLink() === true) await unlink(file);
  else if (known !== undefined) await chmod(file, 0o600);
  await replaceFile(file, [text], 0o600);
}

/** Line ends may be CRLF, or the two characters `\n`, as JSON that was quoted twice has them; empty lines go. */
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
