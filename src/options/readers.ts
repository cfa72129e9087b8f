import { InvalidArgumentError } from 'commander';
import { readFileSync, statSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import type { Endpoint } from '../lib/endpoint.ts';
import { LOG_LEVELS, type LogLevel } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import { address } from '../services/value-grammars.ts';
import { withoutEnd } from '../lib/without-end.ts';

function wanted(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`Wanted: ${what}.`);
}

/** Reads a flag that may be given several times: returns all its values. The first value replaces the default. */
export function list<Value>(
  read: (text: string) => Value,
  fallback: readonly Value[],
): (text: string, before?: readonly Value[]) => readonly Value[] {
  return (text, before = []) => [...(before === fallback ? [] : before), read(text)];
}

/** Reads a flag of names, which may be given several times or with commas between the names. */
export function names(fallback: readonly string[]): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => [...(before === fallback ? [] : before), ...text.split(',').map(nonEmpty)];
}

/** Reads a flag of names of environment variables, which may be given several times or with commas between the names. */
export function variables(fallback: readonly string[]): (text: string, before?: readonly string[]) => readonly string[] {
  const read = names(fallback);
  return (text, before) => {
    const all = read(text, before);
    if (!all.every((name) => /^[A-Za-z_]\w*$/.test(name))) throw wanted('names of environment variables, as in HAPROXY_LOCALPEER');
    return all;
  };
}

/** Reads a whole number from `least` to `most`. `what` names it in the error message: 'a port'. */
export function whole(least: number, most: number, what: string): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most)) throw wanted(`${what}, a whole number from ${least} to ${most}`);
    return number;
  };
}

/** A port that something listens on. */
export const port = whole(1, 65535, 'a port');
/** A port, or 0 for none. */
export const portOrNone = whole(0, 65535, 'a port, or 0');
const YEAR = 31_536_000;
/** A time in whole seconds, up to a year. */
export const seconds = whole(1, YEAR, 'seconds');
/** A time in whole milliseconds, up to ten minutes. */
export const milliseconds = whole(0, 600_000, 'milliseconds');

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads seconds, or a time as the command `sleep` takes it (`90s`, `5m`, `1h`, `2d`), because marathon-lb's container passes POLL_INTERVAL and
 * HAPROXY_RELOAD_SIGTERM_DELAY to `sleep`. Returns whole seconds, rounded up.
 */
export function duration(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,10}(?:\.\d{1,9})?)([smhd]?)$/.exec(text.trim()) ?? [];
  const given = Math.ceil(Number(number) * (UNITS[unit] ?? NaN));
  if (number === '' || !(given >= 1 && given <= YEAR)) throw wanted(`seconds, a number from 1 to ${YEAR}, or a time such as 90s, 5m, 1h`);
  return given;
}

/** Reads one of the given words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw wanted(words.join(', '));
    return word;
  };
}

/** Reads a log level. Also takes Python's names for it (WARNING, CRITICAL), in upper or lower case. */
export function logLevel(text: string): LogLevel {
  const word = text.toLowerCase();
  const python: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'error', fatal: 'error', notset: 'debug' };
  return python[word] ?? oneOf(LOG_LEVELS)(word);
}

/** Reads a log format. Returns `python` for a format string of Python's logging, which is what marathon-lb's --log-format takes. */
export function logFormat(text: string): 'text' | 'json' | 'python' {
  return text.includes('%') ? 'python' : oneOf<'text' | 'json'>(['text', 'json'])(text);
}

/** Reads file names separated by commas; spaces around them are dropped. */
export function files(text: string): readonly string[] {
  return nonEmpty(text)
    .replace(/,$/, '')
    .split(',')
    .map((file) => plainPath(file.trim()));
}

/** Reads an http or https URL. Returns it without slashes at its end. */
export function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw wanted("a URL such as 'http://master.mesos:8080'");
  return withoutEnd(text, '/');
}

/** Reads a host name, a pattern such as '*.acme.org', an address, or a network such as '10.0.0.0/24'. */
export function leaderHost(text: string): string {
  const host = text.trim().toLowerCase().replace(/\.$/, '');
  const [address = '', bits] = host.split('/');
  const isNetwork = isIP(address) > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128)));
  const isName = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(host);
  if (isIP(address) > 0 ? !isNetwork : !isName) throw wanted("a host as in 'm1.acme.org', '*.acme.org', '10.0.0.1' or '10.0.0.0/24'");
  return host;
}

/** Reads addresses and networks separated by commas, as HAProxy's `src` takes them; `any` is an empty list. */
export function networks(text: string): readonly string[] {
  if (text.trim() === 'any') return [];
  const all = text.split(',').map((network) => network.trim());
  if (!all.every(isNetwork)) throw wanted("addresses and networks such as '10.0.0.0/8,fc00::/7', or any");
  return all;
}

/** Reads addresses and networks separated by commas; `any` is none, because then no client could do without the header. */
export function proxyNetworks(text: string): readonly string[] {
  const all = networks(text);
  if (all.length === 0) throw wanted("addresses and networks such as '10.0.0.0/8,fc00::/7'");
  return all;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = isIPv4(address) ? 32 : 128;
  return (
    isIP(address) > 0 &&
    !address.includes('%') &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}

/** Reads a file and passes its text to `read`, which throws an Error with a sentence when the text is wrong. */
export function fromFile<Value>(file: string, read: (text: string) => Value): Value {
  try {
    return read(readFileSync(nonEmpty(file), 'utf8'));
  } catch (error) {
    throw new InvalidArgumentError(`The file ${file} can't be read: ${sentence(error)}.`);
  }
}

/** Reads a text that is not empty. Returns it without spaces around it. */
export function nonEmpty(text: string): string {
  if (text.trim() === '') throw wanted('a text that is not empty');
  return text.trim();
}

/** Reads the path of a folder that is there: what is looked for in a folder that is not would be missed without a word. */
export function existingFolder(text: string): string {
  const folder = nonEmpty(text);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) throw new InvalidArgumentError(`${folder} is ${found === undefined ? 'not there' : 'no folder'}.`);
  return folder;
}

/** Reads a path that can be written into HAProxy's rules, for example into `map(…)`, where a space or a bracket would end the path. */
export function plainPath(text: string): string {
  if (!/^[^\s,()'"#\\\p{Cc}]+$/u.test(text))
    throw wanted("a path without spaces, commas, brackets and quotes, because it is written into HAProxy's rules");
  return text;
}

/** Reads an address as HAProxy's `bind` takes it, by the same rule as the label HAPROXY_n_BIND_ADDR. */
export function bindAddress(text: string): string {
  const { value } = address.read(text);
  if (value === undefined) throw wanted(address.wanted);
  return value;
}

/** Reads an address and a port: '127.0.0.1:53', '[::1]:53'. The port may be left out when `usual` gives a default. */
export function endpoint(usual?: number): (text: string) => Endpoint {
  return (text) => {
    const [, six, four, digits = String(usual)] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
    const [address = '', number] = [six ?? four, Number(digits)];
    const isAddress = six === undefined ? isIPv4(address) : isIP(address) === 6;
    if (!isAddress || !(number >= 1 && number <= 65_535))
      throw wanted(`an address ${usual === undefined ? 'and a port' : 'with or without a port'}, such as 127.0.0.1:53 or [::1]:53`);
    return { address, port: number };
  };
}

/** Reads an address and a port, or the word `off`. */
export function endpointOrOff(text: string): Endpoint | 'off' {
  return text.trim().toLowerCase() === 'off' ? 'off' : endpoint()(text);
}

/** Reads a host name. Returns it in lower case, without a dot at its end. */
export function hostName(text: string): string {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  if (!/^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/.test(name)) throw wanted("a host's name, such as 'lb1.acme.org'");
  return name;
}

/** Reads a domain name. Returns it in lower case, without the dot at its end. */
export function domain(text: string): string {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  const isName = name.length <= 200 && name.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (!isName) throw wanted("a domain name such as 'mesos' or 'mesos.acme.org'");
  return name;
}

/** Reads some of the given words, separated by commas, each at most once. Returns them in the order they were given. */
export function inOrder<Word extends string>(words: readonly Word[]): (text: string) => readonly Word[] {
  return (text) => {
    const given = text.split(',').map((part) => words.find((word) => word === part.trim().toLowerCase()));
    if (given.includes(undefined) || new Set(given).size < given.length)
      throw wanted(`one or more of ${words.join(', ')}, with commas between, each once`);
    return given as readonly Word[];
  };
}

/** Reads the name of a framework, which must have a letter or a digit in it. */
export function frameworkName(text: string): string {
  if (!/[a-z0-9]/i.test(text)) throw wanted("a framework's name, with a letter or a digit in it");
  return text.trim();
}
