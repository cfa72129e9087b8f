import type { Grammar } from './value-grammars.ts';

/** The questions by which docs/labels.md groups the labels of a port, each with its heading, in order. */
export const QUESTIONS = {
  reach: 'Reach: who serves the port, under which host, path, port and address',
  secure: 'Secure: TLS, passwords, networks',
  limit: 'Limit: requests, connections, sizes, times',
  rewrite: 'Rewrite: paths, hosts, headers, bodies',
  answer: 'Answer: redirects, browsers of other pages, error pages',
  spread: 'Spread: which server gets a request',
  connect: 'Connect: how HAProxy speaks to the servers',
  check: "Check: HAProxy's own health checks",
} as const;

/** What a person wants to do who looks for a label. */
export type LabelQuestion = keyof typeof QUESTIONS;

/** One label: its name after HAPROXY_ or HAPROXY_n_, the grammar of its values, and its documentation. */
export interface Label<Value> {
  readonly name: string;
  readonly grammar: Grammar<Value>;
  /**
   * True for a label that guards access. When its value can't be read, the port is left out, because otherwise it would be open to everybody, in
   * plain text in place of TLS, or on every address.
   */
  readonly guards: boolean;
  /** For a label that guards access: an empty value means that the label is not set, as it does for all other labels. */
  readonly mayBeEmpty: boolean;
  /** What follows from a value that can't be read, as part of a sentence, when the label does not count as absent then. */
  readonly misread?: string;
  readonly doc: string;
  readonly example: string;
  readonly question: LabelQuestion;
  /** Whether HAProxy takes a change of the label while it runs, without a reload: `number` where the label must have been there before. */
  readonly live: boolean | 'number';
  /** What Traefik (2 and 3) and the HAProxy and nginx ingresses call the same thing. */
  readonly elsewhere: string;
}

type LabelWords = Pick<Label<unknown>, 'doc' | 'example' | 'misread'> & {
  readonly guards?: true;
  readonly mayBeEmpty?: true;
  readonly live?: true | 'number';
  readonly question?: LabelQuestion;
  readonly elsewhere?: string;
};

/** Makes one row of the table of labels. */
export function label<Value>(name: string, grammar: Grammar<Value>, words: LabelWords): Label<Value> {
  return { name, grammar, guards: false, mayBeEmpty: false, question: 'reach', live: false, elsewhere: '', ...words };
}
