/** The signals that reach the process while `withSignals` runs. */
export interface Signals {
  /** Aborts on SIGTERM, SIGINT or SIGUSR2. A second one of these signals ends the process at once, with exit code 1. */
  readonly signal: AbortSignal;
  /** Returns the signal that made `signal` abort; undefined before that. */
  readonly endedBy: () => NodeJS.Signals | undefined;
  /** Sets what SIGHUP does; until it is called, SIGHUP does nothing. */
  readonly onHup: (handler: () => void) => void;
  /** Sets what SIGUSR1 does; until it is called, SIGUSR1 does nothing. */
  readonly onUsr1: (handler: () => void) => void;
}

const nothing = (): void => undefined;

/** Listens to the process's signals while `work` runs, and removes its listeners afterwards. */
export async function withSignals(work: (signals: Signals) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const handlers: Record<'SIGHUP' | 'SIGUSR1', (() => void) | undefined> = { SIGHUP: undefined, SIGUSR1: undefined };
  let endedBy: NodeJS.Signals | undefined;
  const stop = (name: NodeJS.Signals): void => {
    if (endedBy !== undefined) process.exit(1);
    endedBy = name;
    stopping.abort();
  };
  const onHup = (): void => handlers.SIGHUP?.();
  const onUsr1 = (): void => handlers.SIGUSR1?.();
  const all = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGUSR2', stop],
    ['SIGHUP', onHup],
    ['SIGUSR1', onUsr1],
    ['SIGXFSZ', nothing], // ignored, so that writing past the file size limit fails with EFBIG instead of ending the process
  ] as const;
  for (const [name, handler] of all) process.on(name, handler);
  try {
    await work({
      signal: stopping.signal,
      endedBy: () => endedBy,
      onHup: (handler) => {
        handlers.SIGHUP = handler;
      },
      onUsr1: (handler) => {
        handlers.SIGUSR1 = handler;
      },
    });
  } finally {
    for (const [name, handler] of all) process.off(name, handler);
  }
}
