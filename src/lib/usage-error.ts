import { sentence } from './sentence.ts';

/** What the operator has set is wrong, and no wait mends it: the program ends with exit code 2. The message says what is wrong and what to write. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Returns what `read` returns; what it throws is wrong in the flag or variable with this name, and becomes a UsageError that says so. */
export function readSetting<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${name} can't be used: ${sentence(error)}`, { cause: error });
  }
}
