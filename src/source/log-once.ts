import type { Logger } from '../lib/logger.ts';

interface Words {
  readonly worse: string;
  readonly better: string;
  /** Whether all is well from the start, so that it need not be said; false when left out. */
  readonly well?: boolean;
}

/** Logs each sentence of what goes wrong once, and when it is over. The same failure comes again every few seconds, and nobody reads the same line every 10 s. */
export function makeLogOnce(log: Pick<Logger, 'info' | 'warn'>, { worse, better, well: atFirst = false }: Words) {
  const told = new Set<string>();
  let well = atFirst;
  return {
    tell(reason: string, facts: Readonly<Record<string, unknown>> = {}): void {
      well = false;
      if (!told.has(reason)) log.warn({ ...facts, reason }, worse);
      told.add(reason);
    },
    over(facts: Readonly<Record<string, unknown>>): void {
      if (!well) log.info(facts, better);
      well = true;
      told.clear();
    },
  };
}
