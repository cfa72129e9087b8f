import type { Logger } from '../lib/logger.ts';

interface Words {
  readonly worse: string;
  readonly better: string;
  /** Whether all is well at the start, so that the first success is not logged; false when left out. */
  readonly well?: boolean;
}

/** Makes a log that writes each kind of failure only once until it is over, and then that it is over, because failures repeat every few seconds. */
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
