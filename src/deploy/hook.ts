import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeployError, EXIT } from './deploy-error.ts';
import type { Colour } from './shapes.ts';

/** The tasks that are about to be killed, the app that they are of, and the app that stays. */
export interface Killing {
  readonly app: Colour;
  readonly tasks: readonly string[];
  readonly stays: Colour;
}

/** The longest argument that Linux hands to a program, in bytes, with some to spare. */
const MOST_BYTES = 120_000;

/**
 * Runs the pre-kill hook with marathon-lb's three words: the old app as JSON, the ids of the tasks as a JSON list, the new app as JSON. A word that is
 * too long for the system is `@` and the path of a file that has it. Rejects when the hook can't be run or ends with another code than 0.
 */
export async function runHook(hook: string, { app, tasks, stays }: Killing, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'zdd-hook-'));
  try {
    const words = await Promise.all(
      [app.json, tasks, stays.json].map((value, i) => wordOf(JSON.stringify(value), path.join(folder, `${i}.json`))),
    );
    const child = spawn(hook, words, { stdio: ['ignore', 'inherit', 'inherit'], signal });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0)
      throw new DeployError(
        `the pre-kill hook ${hook} ended with ${code === null ? 'a signal' : `code ${code}`}, so nothing is killed`,
        EXIT.unexpected,
      );
  } catch (error) {
    if (error instanceof DeployError) throw error;
    throw new DeployError(`the pre-kill hook ${hook} could not be run`, EXIT.unexpected, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function wordOf(text: string, file: string): Promise<string> {
  if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  await writeFile(file, text);
  return `@${file}`;
}
