import { InvalidArgumentError } from 'commander';
import { readFileSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import type { Endpoint } from '../lib/endpoint.ts';
import { LOG_LEVELS, type LogLevel } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import { address } from '../services/label-grammars.ts';

function wanted(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`Wanted: ${what}.`);
}

/** Every value of a flag that may stand several times, its default put away at the first. */
export function list<Value>(
  read: (text: string) => Value,
  fallback: readonly Value[],
): (text: string, before?: readonly Value[]) => readonly Value[] {
  return (text, before = []) => [...(before === fallback ? [] : before), read(text)];
}

/** Names, several of them also with commas between. */
export function names(fallback: readonly string[]): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => [...(before === fallback ? [] : before), ...text.split(',').map(nonEmpty)];
}

/** Names of environment variables, several of them also with commas between. */
export function variables(fallback: readonly string[]): (text: string, before?: readonly string[]) => readonly string[] {
  const read = names(fallback);
  return (text, before) => {
    const all = read(text, before);
    if (!all.every((name) => /^[A-Za-z_]\w*$/.test(name))) throw wanted('names of environment variables, as in HAPROXY_LOCALPEER');
    return all;
  };
}

/** A whole number within limits; `what`: for the sentence, 'a port'. */
export function whole(least: number, most: number, what: string): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most)) throw wanted(`${what}, a whole number from ${least} to ${most}`);
    return number;
  };
}

export const port = whole(1, 65535, 'a port');
export const portOrNone = whole(0, 65535, 'a port, or 0');
const YEAR = 31_536_000;
export const seconds = whole(1, YEAR, 'seconds');
export const milliseconds = whole(0, 600_000, 'milliseconds');

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds, or a time as the command `sleep` takes it: marathon-lb's container hands POLL_INTERVAL and HAPROXY_RELOAD_SIGTERM_DELAY to that. */
export function duration(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,10}(?:\.\d{1,9})?)([smhd]?)$/.exec(text.trim()) ?? [];
  const given = Math.ceil(Number(number) * (UNITS[unit] ?? NaN));
  if (number === '' || !(given >= 1 && given <= YEAR)) throw wanted(`seconds, a number from 1 to ${YEAR}, or a time such as 90s, 5m, 1h`);
  return given;
}

/** One of these words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw wanted(words.join(', '));
    return word;
  };
}

/** Python's names count as well, in any case: WARNING, CRITICAL. */
export function logLevel(text: string): LogLevel {
  const word = text.toLowerCase();
  const python: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'error', fatal: 'error', notset: 'debug' };
  return python[word] ?? oneOf(LOG_LEVELS)(word);
}

/** `python`: a format of Python's logging, as marathon-lb takes it. */
export function logFormat(text: string): 'text' | 'json' | 'python' {
  return text.includes('%') ? 'python' : oneOf<'text' | 'json'>(['text', 'json'])(text);
}

/** Files with commas between, and spaces around them where somebody likes them. */
export function files(text: string): readonly string[] {
  return nonEmpty(text)
    .replace(/,$/, '')
    .split(',')
    .map((file) => plainPath(file.trim()));
}

/** An address of Marathon's, without the last slash. */
export function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw wanted("a URL such as 'http://master.mesos:8080'");
  return text.replace(/\/+$/, '');
}

/** A host name, '*.' and a domain, an address, or a network: '10.0.0.0/24'. */
export function leaderHost(text: string): string {
  const host = text.trim().toLowerCase().replace(/\.$/, '');
  const [address = '', bits] = host.split('/');
  const isNetwork = isIP(address) > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128)));
  const isName = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(host);
  if (isIP(address) > 0 ? !isNetwork : !isName) throw wanted("a host as in 'm1.acme.org', '*.acme.org', '10.0.0.1' or '10.0.0.0/24'");
  return host;
}

/** The content of a file, read by `read`, which throws an Error with a sentence for a text that it can't read. */
export function fromFile<Value>(file: string, read: (text: string) => Value): Value {
  try {
    return read(readFileSync(nonEmpty(file), 'utf8'));
  } catch (error) {
    throw new InvalidArgumentError(`The file ${file} can't be read: ${sentence(error)}.`);
  }
}

/** A text with something in it, without blanks around it. */
export function nonEmpty(text: string): string {
  if (text.trim() === '') throw wanted('a text that is not empty');
  return text.trim();
}

/** A path that may stand in rules of HAProxy's: in `map(…)`, where a space or a bracket would end it. */
export function plainPath(text: string): string {
  if (!/^[^\s,()'"#\\\p{Cc}]+$/u.test(text))
    throw wanted('a path without spaces, commas, brackets and quotes, as it stands in rules of HAProxy');
  return text;
}

/** An address as a bind of HAProxy's writes it; the same as in HAPROXY_n_BIND_ADDR. */
export function bindAddress(text: string): string {
  const { value } = address.read(text);
  if (value === undefined) throw wanted(address.wanted);
  return value;
}

/** An address of this machine or another, and a port: '127.0.0.1:53', '[::1]:53'. A port that may be left out has a default. */
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

/** A domain name without the last dot, in lower case. */
export function domain(text: string): string {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  const isName = name.length <= 200 && name.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (!isName) throw wanted("a domain name such as 'mesos' or 'mesos.acme.org'");
  return name;
}

/** Words with commas between, each once. */
export function inOrder<Word extends string>(words: readonly Word[]): (text: string) => readonly Word[] {
  return (text) => {
    const given = text.split(',').map((part) => words.find((word) => word === part.trim().toLowerCase()));
    if (given.includes(undefined) || new Set(given).size < given.length)
      throw wanted(`one or more of ${words.join(', ')}, with commas between, each once`);
    return given as readonly Word[];
  };
}

/** A text with a letter or digit in it, as a framework's name has. */
export function frameworkName(text: string): string {
  if (!/[a-z0-9]/i.test(text)) throw wanted("a framework's name, with a letter or a digit in it");
  return text.trim();
}
