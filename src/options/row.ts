/** One flag: how it is written, its environment variable, its default and its reader. The parser, `--help` and the tests use these rows. */
export interface OptionRow<Value> {
  /** As commander reads it: '-m, --marathon <url...>'. */
  readonly flags: string;
  readonly env?: string;
  readonly section: HelpSection;
  readonly help: string;
  readonly fallback: Value;
  /** The only words that a flag with a fixed set of values takes. Completion offers them; `read` refuses all others. */
  readonly values?: readonly string[];
  /**
   * For flags that take a value: turns its text into the value, or throws a sentence that says what is wanted. `before` is the default or, when
   * the flag was given before, the value so far.
   */
  readonly read?: (text: string, before: Value) => Value;
}

/** The headings of `--help`, which group the flags. */
export type HelpSection =
  | 'Marathon'
  | 'Which apps'
  | 'The configuration'
  | 'HAProxy'
  | 'DNS'
  | 'Admin'
  | 'How it runs'
  | 'Log'
  | "marathon-lb's flags, accepted without effect";

/** Makes a row of the table. */
export function option<Value>(flags: string, section: HelpSection, rest: Omit<OptionRow<Value>, 'flags' | 'section'>): OptionRow<Value> {
  return { flags, section, ...rest };
}

/** Makes the row of a marathon-lb flag that is accepted but has no effect. `why` tells the operator why it is not needed. */
export function obsolete(flags: string, why: string): OptionRow<string | boolean | undefined> {
  const takesValue = flags.includes('<');
  return {
    flags,
    section: "marathon-lb's flags, accepted without effect",
    help: why,
    fallback: takesValue ? undefined : false,
    ...(takesValue && { read: (text: string) => text }),
  };
}
