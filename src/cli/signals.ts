/** The signals of a process, for as long as its work runs. */
export interface Signals {
  /** Aborts with SIGTERM or SIGINT. A second one ends the process at once. */
  readonly signal: AbortSignal;
  readonly onHup: (handler: () => void) => void;
  readonly onUsr1: (handler: () => void) => void;
}

/** Runs `work` with the process's signals, and takes its hands off them afterwards. */
export async function withSignals(work: (signals: Signals) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const handlers: Record<'SIGHUP' | 'SIGUSR1', (() => void) | undefined> = { SIGHUP: undefined, SIGUSR1: undefined };
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  };
  const onHup = (): void => handlers.SIGHUP?.();
  const onUsr1 = (): void => handlers.SIGUSR1?.();
  const all = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGHUP', onHup],
    ['SIGUSR1', onUsr1],
  ] as const;
  for (const [name, handler] of all) process.on(name, handler);
  try {
    await work({
      signal: stopping.signal,
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
