/** The exit codes of marathon-lb's zdd. */
export const EXIT = {
  refused: 1,
  unexpected: 2,
  noHybrid: 3,
  badApp: 4,
  balancer: 5,
  readApps: 6,
  create: 7,
  remove: 8,
  scale: 9,
} as const;

/** A deployment that could not go on. `exitCode` is that of marathon-lb's zdd for the same thing. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}
