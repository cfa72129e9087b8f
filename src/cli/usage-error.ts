/** The command line is wrong: the program ends with exit code 2. The message says what is wrong and what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
