import { ownerKey } from './app-owners.ts';
import type { AppOwner } from '../model/problem.ts';
import { describeAlone, type Blame, type NameOf } from './read-refusal.ts';
import { serviceAlone } from './service-alone.ts';
import { textOf } from '../haproxy/file-text.ts';
import type { Document } from '../model/document.ts';
import type { Verdict } from '../model/haproxy.ts';

/** Checks documents with HAProxy, a limited number of times. */
export interface CountedChecks {
  /** Resolves to HAProxy's verdict; undefined when the budget is used up. */
  readonly ask: (document: Document) => Promise<Verdict | undefined>;
  readonly runs: () => number;
}

/** Wraps `check` so that it runs at most `budget` times. */
export function countRuns(check: (document: Document) => Promise<Verdict>, budget: number): CountedChecks {
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

/**
 * The proof that an app is not to blame: the text of a document that has only this app, rendered with the default templates, which HAProxy accepts.
 */
export type Taken = string;

/**
 * Acquits an app that is blamed for a template of the operator's that no other app uses, or for a complaint that names nobody. The app is not to
 * blame when HAProxy refuses a document that has only this app, and accepts the same document with the default templates: those get the same values
 * from the app. So a bad value stays the app's fault whoever wrote the line around it, and so does a conflict between two apps.
 */
export class Acquittal {
  readonly #document: Document;
  readonly #ask: CountedChecks['ask'];
  readonly #nameOf: NameOf;
  readonly #asked = new Map<string, Taken | undefined>();

  constructor(document: Document, { ask }: CountedChecks, nameOf: NameOf = (app) => app) {
    this.#document = document;
    this.#ask = ask;
    this.#nameOf = nameOf;
  }

  /** What the operator is told of a port that is not to blame. */
  describe(blame: Blame): string {
    return describeAlone(blame, this.#nameOf);
  }

  /**
   * Returns the proof that the app is not to blame; undefined when it is to blame. Each app is checked once. When `known` is the proof found earlier,
   * the accepting half is not checked again.
   */
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
