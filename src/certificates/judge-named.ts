import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileUse, type FileUse } from '../model/certificates.ts';
import { crtPathsIn, readCrtList, type CrtLine } from './read-crt-list.ts';
import { judgeFile, summed, unreadable, type FileFinding, type FileVerdict, type JudgedFile, type JudgeOptions } from './judge.ts';
import { answered, SilentFileSystem } from './answered.ts';
import { pathsOf } from './paths.ts';
import { sha256 } from './pem-file.ts';
import { readBlocks } from './pem-blocks.ts';
import type { PemFinding } from './pem.ts';
import { namesIn, readBounded } from './read-bounded.ts';

/** How many files a folder may have that a label names, and how many lines a list: reading them takes HAProxy a second or two. */
const MOST_FILES = 1_000;

/** The most bytes of one file. A list of revoked certificates may be long; a page must fit into a buffer of HAProxy's, with its headers. */
const MOST_BYTES: Readonly<Record<string, number>> = { 'crl-file': 8_000_000, file: 8_000_000, page: 12_000 };
const MOST_BYTES_OF_OTHERS = 2_000_000;

const READABLE = 'put a regular file there that HAProxy can read, or name another';

/** HAProxy's name for the authorities that the machine itself trusts. */
const SYSTEM = '@system-ca';

/** `errorfile 408 /dev/null` is how a template says that nothing is answered. */
const NOTHING = '/dev/null';

/** Whether HAProxy would take a file that a label names (as `fileName` writes it). It is never read without end, and the look never rejects. */
export async function judgeNamed(name: string, options: JudgeOptions = {}): Promise<FileVerdict> {
  const use = fileUse(name);
  const bounded = { mostFiles: MOST_FILES, ...options };
  if (use.keyword === 'crt') return judgeFile(use.path, bounded);
  const looking = judgeUse(use, bounded).catch((error: unknown) => [{ file: use.path, faults: [unreadable(use.path, error, READABLE)] }]);
  return summed(use.path, await looking);
}

/** Every path whose change may change the verdict on a file that a label names. Rejects where these can't be known. */
export async function pathsOfNamed(name: string): Promise<readonly string[]> {
  const { keyword, path: file } = fileUse(name);
  if (keyword === 'crt') return pathsOf(file, MOST_FILES);
  if (keyword !== 'crt-list') return [file, ...((await filesIn(file)) ?? [])];
  const listed = await Promise.all(crtPathsIn(await readList(file)).map(pathsOfListed));
  return [file, ...listed.flat()];
}

async function pathsOfListed(name: string): Promise<readonly string[]> {
  const { keyword, path: file } = fileUse(name);
  return keyword === 'crt' ? pathsOf(file, 0).catch(() => [file]) : [file];
}

async function judgeUse({ keyword, path: file }: FileUse, options: JudgeOptions): Promise<readonly JudgedFile[]> {
  const { deadlineMs } = options;
  if (file === SYSTEM || (keyword === 'file' && file === NOTHING)) return [{ file, faults: [], hash: sha256(file) }];
  if (keyword === 'crt-list') return [await judgeList(file, options)];
  const mayBeFolder = keyword === 'ca-file' || keyword === 'ca-verify-file' || keyword === 'file';
  const files = mayBeFolder ? await answered(filesIn(file), deadlineMs) : undefined;
  if (files !== undefined) return judgeFolder(file, files, options);
  const bytes = await answered(readBounded(file, MOST_BYTES[keyword] ?? MOST_BYTES_OF_OTHERS), deadlineMs);
  const fault = CONTENTS[keyword as keyof typeof CONTENTS](bytes);
  return [{ file, hash: sha256(bytes), faults: fault === undefined ? [] : [{ file, ...fault }] }];
}

/** The files of a folder; undefined for what is none. Rejects when there are too many. */
async function filesIn(folder: string): Promise<readonly string[] | undefined> {
  if (!(await stat(folder)).isDirectory()) return undefined;
  return (await namesIn(folder, MOST_FILES)).filter((name) => !name.startsWith('.')).map((name) => path.join(folder, name));
}

/** HAProxy leaves out what it can't read of a folder of authorities, but may wait for it without end. */
async function judgeFolder(folder: string, files: readonly string[], { deadlineMs }: JudgeOptions): Promise<readonly JudgedFile[]> {
  const faults: FileFinding[] = [];
  const hashes: string[] = [];
  for (const file of files) {
    const read = await answered(readBounded(file, MOST_BYTES_OF_OTHERS), deadlineMs).catch((error: unknown) => {
      if (error instanceof SilentFileSystem) throw error; // and so would all others be
      return unreadable(file, error, READABLE);
    });
    if ('found' in read) faults.push(read);
    else hashes.push(`${file} ${sha256(read)}`);
  }
  return [{ file: folder, faults, hash: sha256(hashes.join('\n')) }];
}

async function readList(file: string): Promise<readonly CrtLine[]> {
  const lines = readCrtList((await readBounded(file, MOST_BYTES_OF_OTHERS)).toString());
  if (lines.length > MOST_FILES) throw new Error(`it has more than ${MOST_FILES} lines`);
  return lines;
}

/** Judges a list and all files that it names. Faults are reported by line number only, because the file may be one that must not be shown. */
async function judgeList(list: string, options: JudgeOptions): Promise<JudgedFile> {
  const lines = await answered(readList(list), options.deadlineMs);
  const wanted = 'write one certificate file a line there, or name another list';
  if (lines.length === 0) return { file: list, faults: [{ file: list, found: 'names no certificate', wanted }] };
  const faults: FileFinding[] = [];
  const hashes: string[] = [];
  for (const { line, files, isNone = false } of lines) {
    if (isNone) faults.push({ file: list, found: `names no certificate file in line ${line}`, wanted });
    for (const name of files) {
      const { faults: found, fingerprint } = await judgeListed(name, options);
      hashes.push(fingerprint ?? '');
      const [first] = found;
      if (first !== undefined) faults.push({ file: list, found: `names a file in line ${line} that ${first.found}`, wanted });
    }
    if (faults.length > 0) break; // the first says enough
  }
  return { file: list, faults, hash: sha256(`${sha256(JSON.stringify(lines))}\n${hashes.join('\n')}`) };
}

/** A `crt-list` may not name a second list or a folder as a certificate. */
async function judgeListed(name: string, options: JudgeOptions): Promise<FileVerdict> {
  const { keyword, path: file } = fileUse(name);
  const looking = stat(file).then((entry) => entry.isDirectory(), () => false); // prettier-ignore
  const isFolder = await answered(looking, options.deadlineMs);
  if (keyword === 'crt' && isFolder) return summed(file, [{ file, faults: [unreadable(file, new Error('it is a folder'))] }]);
  return judgeNamed(name, options);
}

const AUTHORITY = 'put the PEM text of the authorities’ certificates there';
const CONTENTS = {
  'ca-file': authorities,
  'ca-verify-file': authorities,
  'crl-file': (bytes: Buffer) =>
    bytes.includes('-----BEGIN X509 CRL-----') || bytes.includes('-----BEGIN CERTIFICATE-----')
      ? undefined
      : { found: 'holds no list of revoked certificates in PEM', wanted: 'put the PEM text of such a list there' },
  'ca-sign-file': (bytes: Buffer) =>
    bytes.includes('-----BEGIN CERTIFICATE-----') && bytes.includes('PRIVATE KEY-----')
      ? undefined
      : { found: 'does not hold a certificate and its private key in PEM', wanted: 'put both there' },
  'tls-ticket-keys': ticketKeys,
  page: () => undefined,
  file: () => undefined,
} as const satisfies Record<string, (bytes: Buffer) => PemFinding | undefined>;

function authorities(bytes: Buffer): PemFinding | undefined {
  const blocks = readBlocks(bytes.toString('latin1')).filter(({ label }) => /CERTIFICATE$|^X509 CRL$/.test(label));
  if (blocks.length === 0) return { found: 'holds no certificate in PEM', wanted: AUTHORITY };
  const isBad = blocks.some(({ label, text, whole }) => !whole || (label === 'CERTIFICATE' && !isCertificate(text)));
  return isBad ? { found: "holds a certificate that can't be read", wanted: AUTHORITY } : undefined;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).serialNumber !== '';
  } catch {
    return false;
  }
}

/** HAProxy wants three keys of one size, each in base64 on a line of its own [ssl_sock.c: bind_parse_tls_ticket_keys]. */
function ticketKeys(bytes: Buffer): PemFinding | undefined {
  const lines = bytes.toString('latin1').replace(/\n$/, '').split('\n');
  const sizes = new Set(lines.map((line) => (/^[A-Za-z0-9+/]+={0,2}\r?$/.test(line) ? Buffer.from(line, 'base64').length : 0)));
  const [size = 0] = sizes;
  if (lines.length >= 3 && sizes.size === 1 && (size === 48 || size === 80)) return undefined;
  return {
    found: 'does not hold three or more keys of one size in base64, one a line',
    wanted: "write them with 'openssl rand -base64 48'",
  };
}
