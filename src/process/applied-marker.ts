import { readFile, rename, writeFile } from 'node:fs/promises';

/** What HAProxy last confirmed: the fingerprint of the files, and the worker that loaded them (its pid, and its start time as in /proc). */
export interface AppliedMarker {
  readonly fingerprint?: string | undefined;
  readonly worker?: number;
  readonly started?: string;
}

/** Replaces the marker's file atomically. */
export async function writeMarker(path: string, marker: AppliedMarker): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(marker), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Reads the marker's file. Returns an empty marker when the file is missing or can't be read. */
export async function readMarker(path: string): Promise<AppliedMarker> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as AppliedMarker;
  } catch {
    return {};
  }
}
