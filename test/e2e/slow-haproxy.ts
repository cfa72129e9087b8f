import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A HAProxy that can be held while it looks at a configuration, and notes that it does. */
export interface SlowHaproxy {
  readonly bin: string;
  /** From now on a look does not end. */
  readonly hold: () => Promise<void>;
  readonly release: () => Promise<void>;
  /** How many looks it has begun. */
  readonly looks: () => Promise<number>;
}

/** Writes one that is a script in this folder. */
export async function writeSlowHaproxy(folder: string): Promise<SlowHaproxy> {
  const [bin, notes, held] = ['slow-haproxy', 'looks', 'held'].map((name) => path.join(folder, name)) as [string, string, string];
  await writeFile(notes, '');
  await writeFile(bin, scriptOf(notes, held), { mode: 0o755 });
  return {
    bin,
    hold: () => writeFile(held, ''),
    release: () => rm(held, { force: true }),
    looks: async () => (await readFile(notes, 'utf8')).length,
  };
}

function scriptOf(notes: string, held: string): string {
  return `#!/bin/sh
if [ "$1" = -c ]; then
  echo >> ${notes}
  while [ -e ${held} ]; do sleep 0.05; done
fi
exec haproxy "$@"
`;
}
