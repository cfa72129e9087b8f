import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';

/**
 * For as long as `work` takes, an exception that nobody expected ends the process with exit code 1 and one sentence on stderr, wherever it was
 * thrown; its stack is for the log, at level debug. HAProxy is in a session of its own and serves on; a supervisor starts the daemon again.
 */
export async function untilUnexpected(log: Pick<Logger, 'debug'>, work: () => Promise<void>): Promise<void> {
  const end = (error: unknown): void => {
    log.debug({ stack: stackOf(error) }, 'nobody expected this');
    process.stderr.write(`marathon-lb-ts: ended by an error that nobody expected: ${sentence(error)}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', end); // rejections that nobody handles come here too
  try {
    await work();
  } catch (error) {
    log.debug({ stack: stackOf(error) }, 'it ends');
    throw error;
  } finally {
    process.off('uncaughtException', end);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Ends the process with this exit code when nothing is left to do. Where something is, for longer than `ms` and with all output read, it ends all
 * the same: a process that works no more but lives on would never be started again. A file of a mount that does not answer leaves no other way
 * than SIGKILL, as `process.exit` would wait for it.
 */
export function leave(code: number, ms = 5_000): void {
  process.exitCode = code;
  const look = (): void => {
    if (process.stdout.writableLength > 0) return; // somebody reads slowly
    const left = process.getActiveResourcesInfo();
    if (left.some((kind) => kind.startsWith('FSReq'))) process.kill(process.pid, 'SIGKILL');
    process.exit(code);
  };
  setInterval(look, ms).unref();
}
