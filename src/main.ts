import { CommanderError } from 'commander';
import { DeployError } from './cli/exit.ts';
import { run, parseWords } from './cli/program.ts';
import { UsageError } from './lib/usage-error.ts';
import { hideSecrets } from './lib/secrets.ts';
import { sentence } from './lib/sentence.ts';

export { leave } from './cli/exit.ts';

/** Runs the command line. Returns the exit code: 0, 2 for wrong usage, or 1 for any other failure; a failure is explained on stderr. */
export async function main(words: readonly string[]): Promise<number> {
  process.stdout.off('error', leaveWithReader).on('error', leaveWithReader); // added once, even when main is called several times
  try {
    await parseWords(words, run);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed the reason
    process.stderr.write(`marathon-lb-ts: ${hideSecrets(sentence(error))}\n`);
    return error instanceof DeployError ? error.exitCode : error instanceof UsageError ? 2 : 1;
  }
}

/** Ends the process quietly when the reader of our output closed the pipe (`--dry | head`). */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}
