import type { Environment } from '../lib/environment.ts';
import type { OptionRow } from '../options/row.ts';
import { OPTIONS, type Settings } from '../options/options.ts';

/** A word of marathon-lb's that was given, but does nothing here or something else, and why. */
export interface Note {
  readonly word: string;
  readonly because: string;
}

/** Variables that marathon-lb's container takes and the daemon has no use for, where they are not empty. */
const VARIABLES: Readonly<Record<string, string>> = {
  PORTS: 'a reload hands the open ports over, so that no packets have to be dropped meanwhile',
  SYSLOG_SOCKET: 'the log goes to stdout',
  HAPROXY_SYSLOGD: "only the container's start reads it; --haproxy-log says where the traffic log goes",
  HAPROXY_SYSCTL_PARAMS: "only the container's start sets the kernel's parameters",
};

/** What an operator who comes from marathon-lb should know of the words given. */
export function readNotes(settings: Settings, env: Environment): readonly Note[] {
  const variables = Object.entries(VARIABLES).filter(([word]) => (env[word] ?? '') !== '' && env[word] !== '/dev/null');
  return [...flagNotes(settings), ...variables.map(([word, because]) => ({ word, because }))];
}

function flagNotes(settings: Settings): readonly Note[] {
  const rows = Object.entries(OPTIONS) as [keyof Settings, OptionRow<unknown>][];
  const obsolete = rows.filter(([name, { section, fallback }]) => section.startsWith('Of marathon-lb') && settings[name] !== fallback);
  const notes = obsolete.map(([, { flags, help }]) => ({ word: flags, because: help }));
  if (settings.logFormat !== 'python') return notes;
  return [...notes, { word: OPTIONS.logFormat.flags, because: "a format of Python's logging means text, whose parts are fixed" }];
}
