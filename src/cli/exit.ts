import type { Logger } from '../lib/logger.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';

export { DeployError } from '../deploy/deploy-error.ts';

/**
 * While `work` runs, an uncaught exception or an unhandled rejection ends the process with exit code 1 and one sentence on stderr; the stack goes
 * to the log at level debug. HAProxy runs in a session of its own and keeps serving; a supervisor starts the daemon again.
 */
export async function untilUnexpected(log: Pick<Logger, 'debug'>, work: () => Promise<void>): Promise<void> {
  const end = (error: unknown): void => {
    log.debug({ stack: stackOf(error) }, 'an unexpected error ends the process');
    process.stderr.write(`marathon-lb-ts: ended by an unexpected error: ${hideSecrets(sentence(error))}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', end); // Node reports unhandled rejections here as well
  try {
    await work();
  } catch (error) {
    log.debug({ stack: stackOf(error) }, 'an error ends the process');
    throw error;
  } finally {
    process.off('uncaughtException', end);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A file operation that is still pending after so many looks, so far apart, is one that nobody answers. */
const BUSY = { looks: 20, ms: 50 } as const;

/**
 * Lets the process end with this exit code once nothing is left to do. If something still keeps it alive after `ms` milliseconds and all output
 * has been read, the process is ended by force, because a supervisor would never restart a process that hangs. It is ended by SIGKILL when a file
 * operation stays pending, as on a mount that does not answer, because `process.exit` would wait for that operation.
 */
export function leave(code: number, ms = 5_000): void {
  process.exitCode = code;
  let looks = 0;
  const later = (wait: number): void => {
    setTimeout(look, wait).unref();
  };
  const look = (): void => {
    if (process.stdout.writableLength > 0) {
      later(ms); // the reader of our output is slow
      return;
    }
    const isBusy = process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq'));
    if (!isBusy) process.exit(code);
    else if (++looks > BUSY.looks) process.kill(process.pid, 'SIGKILL');
    else later(BUSY.ms);
  };
  later(ms);
}
