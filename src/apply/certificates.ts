import { accessSync, constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Problem } from '../model/problem.ts';

export interface Certificates {
  /** What the shared https frontend gets; never empty. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * The certificates of the shared https frontend: those that can be read; where there is none, one of our own in the state folder, so that a
 * bare machine starts. HAProxy would refuse the whole configuration for one that is missing.
 */
export async function chooseCertificates(wanted: readonly string[], stateDir: string): Promise<Certificates> {
  const readable = wanted.filter(isReadable);
  const missing = wanted.filter((file) => !isReadable(file));
  if (readable.length > 0) return { files: readable, problems: missing.map((file) => unreadable(file, 'it is left out')) };
  const own = path.join(stateDir, 'self-signed.pem');
  await access(own).catch(async () => {
    await mkdir(stateDir, { recursive: true });
    await replaceFile(own, [await makeSelfSigned()], 0o600);
  });
  return { files: [own], problems: missing.map((file) => unreadable(file, `${own}, which no client trusts, is used instead`)) };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function unreadable(file: string, effect: string): Problem {
  return {
    code: 'certificate',
    owner: { by: 'operator' },
    message: `the certificate ${file} can't be read, so ${effect}`,
    hint: 'put a PEM file with certificate and key there, or name another with --ssl-certs',
  };
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
