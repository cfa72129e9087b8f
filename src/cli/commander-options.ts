import { Option, type Command } from 'commander';
import type { OptionRow } from '../options/row.ts';
import { OPTIONS, type Settings } from '../options/options.ts';

/** Adds the flags of the table to a command: all of them, or those for which `takes` returns true. */
export function addOptions(command: Command, takes: (row: OptionRow<unknown>) => boolean = () => true): void {
  for (const row of Object.values(OPTIONS) as readonly OptionRow<unknown>[]) if (takes(row)) command.addOption(makeOption(row));
}

/**
 * Adds the flags that decide what is rendered, and accepts all others of the daemon without showing them: whoever asks about a load balancer
 * gives the flags that it is started with.
 */
export function addDaemonOptions(command: Command, shows: (row: OptionRow<unknown>) => boolean): void {
  for (const row of Object.values(OPTIONS) as readonly OptionRow<unknown>[]) command.addOption(makeOption(row).hideHelp(!shows(row)));
}

function makeOption({ flags, help, section, env, read, fallback }: OptionRow<unknown>): Option {
  const option = new Option(flags, help).helpGroup(`${section}:`);
  if (env !== undefined) option.env(env);
  if (read !== undefined) option.argParser(read);
  const isEmpty = fallback === undefined || typeof fallback === 'boolean' || (Array.isArray(fallback) && fallback.length === 0);
  if (!isEmpty) option.default(fallback, Array.isArray(fallback) ? fallback.join(',') : undefined);
  return option;
}

/**
 * Returns the settings of a parsed command: the values that were given, and defaults for the rest. Commander stores `--no-x` as `false` under the
 * name of `--x`. It stores an empty text for an environment variable that is empty, which counts as not given.
 */
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

/** Whether a flag was given, on the command line or by its variable. */
export function isGiven(command: Command, name: keyof Settings): boolean {
  return (command.getOptionValueSource(nameOf(OPTIONS[name].flags)) ?? 'default') !== 'default';
}
