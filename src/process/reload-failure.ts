import type { ReloadRefused } from '../model/haproxy.ts';
import type { TooFewDescriptors } from './descriptors.ts';
import type { BindsTaken } from './taken-binds.ts';

/** Why a reload failed, where each reason is answered in its own way. Compare `code` to tell them apart. */
export type ReloadFailure = ReloadRefused | BindsTaken | TooFewDescriptors;

const CODES = { 'reload-refused': true, 'binds-taken': true, 'too-few-descriptors': true } as const satisfies Record<
  ReloadFailure['code'],
  true
>;

/** Returns the error as one of these failures; undefined for every other error. */
export function asReloadFailure(error: unknown): ReloadFailure | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(CODES, code) ? (error as ReloadFailure) : undefined;
}
