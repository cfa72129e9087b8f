/** One flag: its words, its variable, what it gives. Parser, `--help` and the tests come from here. */
export interface OptionRow<Value> {
  /** As commander reads it: '-m, --marathon <url...>'. */
  readonly flags: string;
  readonly env?: string;
  readonly section: Section;
  readonly help: string;
  readonly fallback: Value;
  /** Text -> value, for flags with one; throws a sentence of what is wanted. `before`: what an earlier one of a list gave. */
  readonly read?: (text: string, before: Value) => Value;
}

/** The headings of `--help`. */
export type Section =
  'Marathon' | 'Which apps' | 'The configuration' | 'HAProxy' | 'DNS' | 'How it runs' | 'Log' | "Of marathon-lb's, accepted without effect";

/** A row of the table. */
export function option<Value>(flags: string, section: Section, rest: Omit<OptionRow<Value>, 'flags' | 'section'>): OptionRow<Value> {
  return { flags, section, ...rest };
}

/** A flag of marathon-lb's that means nothing any more, and why. */
export function obsolete(flags: string, why: string): OptionRow<string | boolean | undefined> {
  const takesValue = flags.includes('<');
  return {
    flags,
    section: "Of marathon-lb's, accepted without effect",
    help: why,
    fallback: takesValue ? undefined : false,
    ...(takesValue && { read: (text: string) => text }),
  };
}
