import type { Environment } from '../lib/environment.ts';
import type { OptionRow } from '../options/row.ts';
import { OPTIONS, type Settings } from '../options/options.ts';

/** A flag or variable of marathon-lb that was given and does nothing here, or something different, and why. */
export interface OldWordNote {
  readonly word: string;
  readonly because: string;
}

/** Variables of marathon-lb's container that the daemon does not use, each with the reason. A note is made only for one that is not empty. */
const VARIABLES: Readonly<Record<string, string>> = {
  PORTS: 'a reload hands the open ports to the new HAProxy, so no packets have to be dropped during it',
  SYSLOG_SOCKET: 'the log goes to stdout',
  HAPROXY_SYSLOGD: "only the container's start script reads it; --haproxy-log says where the traffic log goes",
  HAPROXY_SYSCTL_PARAMS: "only the container's start script sets kernel parameters",
};

/** Returns what an operator who comes from marathon-lb should know about the flags and variables that were given. */
export function readNotes(settings: Settings, env: Environment): readonly OldWordNote[] {
  const variables = Object.entries(VARIABLES).filter(([word]) => (env[word] ?? '') !== '' && env[word] !== '/dev/null');
  return [...flagNotes(settings), ...variables.map(([word, because]) => ({ word, because }))];
}

function flagNotes(settings: Settings): readonly OldWordNote[] {
  const rows = Object.entries(OPTIONS) as [keyof Settings, OptionRow<unknown>][];
  const obsolete = rows.filter(([name, { section, fallback }]) => section.startsWith("marathon-lb's flags") && settings[name] !== fallback);
  const notes = obsolete.map(([, { flags, help }]) => ({ word: flags, because: help }));
  if (settings.logFormat !== 'python') return notes;
  return [
    ...notes,
    { word: OPTIONS.logFormat.flags, because: "a format string of Python's logging selects the text format, whose layout is fixed" },
  ];
}
