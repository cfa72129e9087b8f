/** The signals of a process, for as long as its work runs. */
export interface Signals {
  /** Aborts with SIGTERM, SIGINT or SIGUSR2. A second one ends the process at once. */
  readonly signal: AbortSignal;
  /** The signal that made `signal` abort; undefined before. */
  readonly endedBy: () => NodeJS.Signals | undefined;
  readonly onHup: (handler: () => void) => void;
  readonly onUsr1: (handler: () => void) => void;
}

const nothing = (): void => undefined;

/** Runs `work` with the process's signals, and takes its hands off them afterwards. */
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
    ['SIGXFSZ', nothing], // a file past its size limit is an error of the write then (EFBIG), and does not end the process
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
