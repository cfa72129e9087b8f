import { CommanderError } from 'commander';
import { run, parseWords, UsageError } from './cli/program.ts';
import { sentence } from './lib/sentence.ts';

export { leave } from './cli/exit.ts';

/** Runs the command; gives its exit code: 0, 2 for wrong usage, 1 for all else that failed, with a sentence on stderr. */
export async function main(words: readonly string[]): Promise<number> {
  process.stdout.off('error', leaveWithReader).on('error', leaveWithReader); // once, however often it is asked to run
  try {
    await parseWords(words, run);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
    process.stderr.write(`marathon-lb-ts: ${sentence(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Whoever read our output has seen enough (`--dry | head`). */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}
