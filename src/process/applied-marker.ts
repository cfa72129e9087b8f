import { readFile, rename, writeFile } from 'node:fs/promises';

/** What was confirmed: the fingerprint of the files, and the worker that loaded them. */
export interface AppliedMarker {
  readonly fingerprint?: string | undefined;
  readonly worker?: number;
  readonly started?: string;
}

/** Replaces the marker at once, never half. */
export async function writeMarker(path: string, marker: AppliedMarker): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(marker), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** An empty one when there is none, or none that can be read. */
export async function readMarker(path: string): Promise<AppliedMarker> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as AppliedMarker;
  } catch {
    return {};
  }
}
