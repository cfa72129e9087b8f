import { createHash, type X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { PemFile } from '../model/certificates.ts';
import { tidyPem } from './tidy-pem.ts';
import { readBounded } from './read-bounded.ts';

/** The most bytes of a PEM file; real ones are far smaller. */
const MOST_BYTES = 1_000_000;

/** The ends of the names of files that HAProxy reads beside a PEM file. */
export const BESIDE = ['.key', '.ocsp', '.issuer', '.sctl'] as const;

/** A PEM file and what lies beside it, as HAProxy reads them. */
export interface PemBundle {
  readonly file: string;
  readonly text: Buffer;
  readonly key: Buffer | undefined;
  readonly ocsp: Buffer | undefined;
  readonly issuer: Buffer | undefined;
  readonly sctl: Buffer | undefined;
  /** SHA-256 of all of them. */
  readonly hash: string;
}

/** Why a file can't be read, or one that lies beside it. */
interface UnreadFile {
  readonly file: string;
  readonly error: unknown;
}

/** Reads a PEM file and what lies beside it. Never rejects. */
export async function readPemFile(file: string): Promise<PemBundle | UnreadFile> {
  const text = await readBounded(file, MOST_BYTES).catch((error: unknown): UnreadFile => ({ file, error }));
  if ('error' in text) return text;
  const beside = await Promise.all(BESIDE.map((end) => readBeside(file + end)));
  const barred = beside.find((one) => one !== undefined && 'error' in one);
  if (barred !== undefined && 'error' in barred) return barred;
  const [key, ocsp, issuer, sctl] = beside as readonly (Buffer | undefined)[];
  return { file, text, key, ocsp, issuer, sctl, hash: hashOf([text, key, ocsp, issuer, sctl]) };
}

/**
 * Undefined when it is not there. What this user can't read is to HAProxy as if it held nothing that it knows, and so is a folder; what is no regular file, or too
 * large, HAProxy may read without end.
 */
async function readBeside(file: string): Promise<Buffer | UnreadFile | undefined> {
  const entry = await stat(file).catch(() => undefined);
  if (entry === undefined) return undefined;
  if (entry.isDirectory()) return Buffer.alloc(0);
  return readBounded(file, MOST_BYTES).catch((error: unknown) =>
    (error as NodeJS.ErrnoException).code === undefined ? { file, error } : Buffer.alloc(0),
  );
}

/** The hash of the file's own bytes when nothing lies beside it; otherwise a hash over all of the files. */
function hashOf([text, ...beside]: readonly [Buffer, ...(Buffer | undefined)[]]): string {
  if (beside.every((one) => one === undefined)) return sha256(text);
  return sha256([text, ...beside].map((one) => (one === undefined ? '' : sha256(one))).join('\n'));
}

/** In hexadecimal. */
export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The most bytes of a certificate and its path that a runtime command can load: HAProxy's buffer has 16,384 for the command too [tune.bufsize, 2.6 to 3.4]. */
const MOST_AT_RUNTIME = 15_900;

/** A usable PEM file as HAProxy has it in its memory. `leaf` is its first certificate. */
export function pemOf(read: PemBundle, leaf: X509Certificate): PemFile {
  const { file: path, hash: fingerprint } = read;
  const why = whyReload(read);
  const key = leaf.publicKey.asymmetricKeyType ?? 'unknown';
  return { path, fingerprint, names: namesOf(leaf), key, ...(why !== undefined && { needsReload: why }) };
}

function whyReload(read: PemBundle): string | undefined {
  const { ocsp, issuer, sctl, file } = read;
  if ([ocsp, issuer, sctl].some((one) => one !== undefined)) return 'a file .ocsp, .issuer or .sctl lies beside it';
  return Buffer.byteLength(file + textForHaproxy(read)) > MOST_AT_RUNTIME ? "it is larger than what HAProxy's socket takes" : undefined;
}

/** What HAProxy chooses the certificate by: the DNS names, and the common name [ssl_sock.c: ssl_sock_load_ckchn]. */
function namesOf({ subject, subjectAltName = '' }: X509Certificate): readonly string[] {
  const names = Array.from(subjectAltName.matchAll(/DNS:([^,"\s]+)/g), ([, name = '']) => name);
  const common = Array.from(subject.matchAll(/^CN=(\S+)$/gm), ([, name = '']) => name);
  return [...new Set([...names, ...common].map((name) => name.toLowerCase()))];
}

/** The text of a PEM file with its key, as a runtime command of HAProxy takes it. */
function textForHaproxy({ text, key }: Pick<PemBundle, 'text' | 'key'>): string {
  return tidyPem(text.toString('latin1'), key?.toString('latin1'));
}

/** Reads a certificate for a runtime command. Rejects when the file is not what was judged. */
export async function readForHaproxy({ path, fingerprint }: PemFile): Promise<string> {
  const read = await readPemFile(path);
  if ('error' in read) throw new Error(`the certificate ${path} can't be read now`, { cause: read.error });
  if (read.hash !== fingerprint) throw new Error(`the certificate ${path} has changed since it was looked into`);
  return textForHaproxy(read);
}
