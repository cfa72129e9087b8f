import { afterEach } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders that are gone after each test. */
export function makeFolders(name: string): () => Promise<string> {
  const made: string[] = [];
  afterEach(async () => {
    for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    made.push(folder);
    return folder;
  };
}

/** A program that stands in for haproxy: a shell script. */
export async function writeProgram(folder: string, body: string, mode = 0o755): Promise<string> {
  const file = join(folder, 'haproxy');
  await writeFile(file, `#!/bin/sh\n${body}\n`, { mode });
  return file;
}
