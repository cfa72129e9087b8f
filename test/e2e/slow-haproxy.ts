import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

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

/** A HAProxy that can be held when it looks at a configuration, and when it loads one at a reload. */
export interface HeldHaproxy {
  /** The folder of the program `haproxy`, for the front of PATH. */
  readonly folder: string;
  /** From now on checks, or loads, do not go on. */
  readonly hold: (what: 'check' | 'load') => Promise<void>;
  /** Waits until one is held. */
  readonly held: () => Promise<void>;
  /** All that is held goes on. */
  readonly release: () => Promise<void>;
}

/**
 * Writes one into this folder. A master executes itself anew at a reload, by the name that it was started with: so it is this script again, while the
 * worker before it serves.
 */
export async function writeHeldHaproxy(folder: string): Promise<HeldHaproxy> {
  const at = (name: string): string => path.join(folder, name);
  await mkdir(folder, { recursive: true });
  const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v haproxy']);
  await writeFile(at('haproxy'), heldScript(folder, stdout.trim()), { mode: 0o755 });
  return {
    folder,
    hold: (what) => writeFile(at(`hold-${what}`), ''),
    held: () => until('a HAProxy that is held', () => existsSync(at('held'))).then(() => undefined),
    release: async () => {
      for (const name of ['hold-check', 'hold-load', 'held']) await rm(at(name), { force: true });
    },
  };
}

function heldScript(folder: string, program: string): string {
  return `#!/bin/bash
if [ "$1" = -c ]; then what=check; else what=load; fi
while [ -e ${folder}/hold-$what ]; do : > ${folder}/held; sleep 0.02; done
exec -a haproxy ${program} "$@"
`;
}
