import { Option, type Command } from 'commander';
import type { OptionRow } from '../options/row.ts';
import { OPTIONS, type Settings } from '../options/options.ts';

/** Gives a command the flags of the table that it takes. */
export function addOptions(command: Command, takes: (row: OptionRow<unknown>) => boolean = () => true): void {
  for (const row of Object.values(OPTIONS) as readonly OptionRow<unknown>[]) if (takes(row)) command.addOption(makeOption(row));
}

function makeOption({ flags, help, section, env, read, fallback }: OptionRow<unknown>): Option {
  const option = new Option(flags, help).helpGroup(`${section}:`);
  if (env !== undefined) option.env(env);
  if (read !== undefined) option.argParser(read);
  const isEmpty = fallback === undefined || typeof fallback === 'boolean' || (Array.isArray(fallback) && fallback.length === 0);
  if (!isEmpty) option.default(fallback, Array.isArray(fallback) ? fallback.join(',') : undefined);
  return option;
}

/** What a command was given, and the defaults. Commander gives `false` for a `--no-…` under the flag's own name, and an empty text where a variable is empty. */
export function readSettings(command: Command): Settings {
  const given: Readonly<Record<string, unknown>> = command.opts();
  return Object.fromEntries(
    Object.entries(OPTIONS).map(([name, { flags, fallback }]) => {
      const value = given[nameOf(flags)];
      return [name, value === undefined || value === '' ? fallback : value];
    }),
  ) as unknown as Settings;
}

function nameOf(flags: string): string {
  return new Option(flags).attributeName();
}
