import type { Ask } from '../lib/runs.ts';
import type { Running } from '../model/document.ts';
import { SPARE_MAPS } from '../haproxy/settings.ts';
import type { DriveDependencies } from './dependencies.ts';

type SettlingParts = Pick<DriveDependencies, 'later' | 'settleMs'> & {
  /** Asks for a run of the slow lane. */
  readonly slow: Ask;
};

/**
 * Notices when spare backends, or rows in place of rules, have served the same ports for a while, so that a reload gives these backends and rules of
 * their own.
 */
export class Settling {
  readonly #parts: SettlingParts;
  #served = '';
  #isDue = false;

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  /** Whether a reload is due although commands are enough. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Looks at what HAProxy runs now. The wait for a reload begins again when spare backends serve different ports than before. */
  look({ document }: Running): void {
    const served = SPARE_MAPS.flatMap((file) => Array.from(document.maps[file] ?? [], (row) => row.join(' '))).join('\n');
    if (served === this.#served) return;
    this.#served = served;
    this.#isDue = false;
    if (served === '') return;
    this.#parts.later(this.#parts.settleMs, () => {
      if (this.#served !== served) return;
      this.#isDue = true;
      this.#parts.slow();
    });
  }
}
