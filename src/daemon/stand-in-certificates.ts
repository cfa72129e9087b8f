import { access } from 'node:fs/promises';
import { selectCertificates } from '../certificates/choose.ts';
import { nameFile } from '../certificates/name-file.ts';
import { judgeNamed } from '../certificates/judge-named.ts';
import { fileUse, type Certificates, type FileKeyword, type NamedFile } from '../model/certificates.ts';

/** The certificates of the shared https frontend for a check: those of the load balancer may not be on this machine, so a self-signed one stands for them. */
export async function standInCertificates(stateDir: string): Promise<Certificates> {
  const { files, contents } = await selectCertificates(new Map(), { stateDir });
  return { files, contents, problems: [], named: [] };
}

/** The same with the files that labels name; `missing`: those of them that are not on this machine. */
export async function standInsFor(
  files: readonly string[],
  certificates: Certificates,
  stateDir: string,
): Promise<Certificates & { readonly missing: readonly string[] }> {
  const named = await Promise.all(files.map((file) => lookInto(file, { stateDir, shared: certificates.files })));
  const missing = named.flatMap(({ isMissing, file }) => (isMissing ? [file] : []));
  return { ...certificates, named, areJudged: true, missing };
}

interface Instead {
  readonly stateDir: string;
  readonly shared: readonly string[];
}

/** A named file that is missing is assumed to be on the load balancer's machine. A file of ours takes its place where we have one of that kind. */
async function lookInto(name: string, { stateDir, shared }: Instead): Promise<NamedFile & { readonly isMissing: boolean }> {
  const { keyword, path: file } = fileUse(name);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) return { ...(await nameFile(name, await judgeNamed(name), { stateDir, shared })), isMissing: false };
  const serves = STANDS_FOR.includes(keyword) ? shared : [];
  return { file: name, serves, fingerprint: undefined, faults: [], isMissing: true };
}

/** What a file with a certificate and its key can stand for; a port with another file that is missing is not rendered. */
const STANDS_FOR: readonly FileKeyword[] = ['crt', 'ca-file', 'ca-verify-file', 'ca-sign-file'];
