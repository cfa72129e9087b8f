import type { Files } from '../../../src/drive/files.ts';
import { mapText, textOf } from '../../../src/haproxy/file-text.ts';
import type { Document } from '../../../src/model/document.ts';
import { CONFIG, type Texts } from './fake-worker.ts';
import type { Turns } from './turns.ts';

/** The disk: the files that HAProxy reads, and what is kept of them in the state folder. It outlives daemons. */
export class FakeDisk {
  files: Texts = new Map();
  confirmed: Texts | undefined;
  served: string | undefined;
  /** How many of the next checks find a file wrong. */
  refusals = 0;
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  fingerprint(): string {
    return fingerprintOf(this.files);
  }

  /** What a daemon does with the files. It may be ended between any two of them. */
  by(owner: string): Files {
    const write = async (texts: Texts): Promise<void> => {
      for (const [name, text] of [...texts].reverse()) {
        await this.#turns.gate(owner);
        this.files = new Map([...this.files, [name, text]]);
      }
    };
    const note = async (): Promise<void> => {
      await this.#turns.gate(owner);
      this.served = this.fingerprint();
    };
    const check = async () => {
      await this.#turns.gate(owner);
      if (this.refusals === 0) return { ok: true } as const;
      this.refusals--;
      return { ok: false, lines: ['something is missing'] } as const;
    };
    return {
      put: async (document) => {
        const texts = textsOf(document);
        if (fingerprintOf(texts) === this.fingerprint()) return { ok: true };
        const verdict = await check();
        if (verdict.ok) await write(texts);
        return verdict;
      },
      putFirst: async (document) => write(textsOf(document)),
      withdraw: async () => {
        await this.#turns.gate(owner);
        this.files = new Map();
      },
      check,
      write: async (document) => {
        await write(textsOf(document));
        await note();
        return this.fingerprint();
      },
      read: () => {
        const { [CONFIG]: config = '', ...maps } = Object.fromEntries(this.files);
        return Promise.resolve({ config, maps });
      },
      fingerprint: () => Promise.resolve(this.fingerprint()),
      confirm: async () => {
        await this.#turns.gate(owner);
        this.confirmed = this.files;
        await note();
      },
      wasServed: () => Promise.resolve(this.served === this.fingerprint()),
      restore: async () => {
        if (this.confirmed === undefined) return false;
        await write(this.confirmed);
        return true;
      },
    };
  }
}

/** The texts of a document, the configuration first. */
export function textsOf(document: Document): Texts {
  const maps = Object.entries(document.maps).map(([name, map]) => [name, mapText(map)] as const);
  return new Map([[CONFIG, [...textOf(document)].join('')], ...maps]);
}

function fingerprintOf(texts: Texts): string {
  if (!texts.has(CONFIG)) return 'none';
  return JSON.stringify([...texts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
