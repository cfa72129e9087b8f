/** For `.catch` on a file that may be missing: returns undefined for ENOENT, and throws every other error again. */
export function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
