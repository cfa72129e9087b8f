import { ownerKey, type AppOwner } from './app-owners.ts';
import { describeAlone, type Blame, type NameOf } from './read-refusal.ts';
import { serviceAlone } from './service-alone.ts';
import { textOf } from '../haproxy/file-text.ts';
import type { Document } from '../model/document.ts';
import type { Verdict } from '../model/haproxy.ts';

/** Asks HAProxy about documents, so often and not more. */
export interface Counted {
  /** Resolves to undefined when it may not be asked any more. */
  readonly ask: (document: Document) => Promise<Verdict | undefined>;
  readonly runs: () => number;
}

/** The same as `check`, `budget` times. */
export function countRuns(check: (document: Document) => Promise<Verdict>, budget: number): Counted {
  let runs = 0;
  return {
    runs: () => runs,
    ask: (document) => {
      if (runs === budget) return Promise.resolve(undefined);
      runs++;
      return check(document);
    },
  };
}

/** What shows that an app is not to blame: the text of it alone, with the default templates, that HAProxy takes. */
export type Taken = string;

/**
 * Who is blamed for a template of the operator's that nobody else has, or for what nobody knows, is not to blame when HAProxy refuses him for
 * himself, and takes him with the default templates: the same values are in those. So a bad value stays its app's, whoever wrote the line around
 * it, and so does a quarrel of two apps.
 */
export class Acquittal {
  readonly #document: Document;
  readonly #ask: Counted['ask'];
  readonly #nameOf: NameOf;
  readonly #asked = new Map<string, Taken | undefined>();

  constructor(document: Document, { ask }: Counted, nameOf: NameOf = (app) => app) {
    this.#document = document;
    this.#ask = ask;
    this.#nameOf = nameOf;
  }

  /** What the operator is told of a port that is not to blame. */
  describe(blame: Blame): string {
    return describeAlone(blame, this.#nameOf);
  }

  /** What shows that he is not to blame; undefined when he is. Each is asked about once. `known`: what showed it before is not asked again. */
  async of({ owner, isAlone, template }: Blame, known?: Taken): Promise<Taken | undefined> {
    if (isAlone !== true && template !== undefined) return undefined;
    const key = ownerKey(owner);
    if (!this.#asked.has(key)) this.#asked.set(key, await this.#try(owner, known));
    return this.#asked.get(key);
  }

  async #try(owner: AppOwner, known?: Taken): Promise<Taken | undefined> {
    const alone = serviceAlone(this.#document, owner);
    if (alone === undefined) return undefined;
    const taken = [...textOf(alone.withStandard)].join('');
    if (taken !== known && (await this.#ask(alone.withStandard))?.ok !== true) return undefined;
    return (await this.#ask(alone.asItIs))?.ok === false ? taken : undefined;
  }
}
