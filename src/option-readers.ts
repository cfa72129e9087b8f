import { InvalidArgumentError } from 'commander';
import { LOG_LEVELS, type LogLevel } from './lib/logger.ts';
import { address } from './services/grammars.ts';

function wanted(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`Wanted: ${what}.`);
}

/** Every value of a flag that may stand several times, its default put away at the first. */
export function list(
  read: (text: string) => string,
  fallback: readonly string[],
): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => [...(before === fallback ? [] : before), read(text)];
}

export function whole(least: number, most: number, what: string): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most)) throw wanted(`${what}, a whole number from ${least} to ${most}`);
    return number;
  };
}

export const port = whole(1, 65535, 'a port');
export const seconds = whole(1, 31_536_000, 'seconds');
export const milliseconds = whole(0, 600_000, 'milliseconds');

export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw wanted(words.join(', '));
    return word;
  };
}

/** Python's names count as well: WARNING, CRITICAL. */
export function logLevel(text: string): LogLevel {
  const word = text.toLowerCase();
  const python: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'error', fatal: 'error' };
  return python[word] ?? oneOf(LOG_LEVELS)(word);
}

/** A format of Python's logging, as marathon-lb takes it, means text. */
export function logFormat(text: string): 'text' | 'json' {
  return text.includes('%(') ? 'text' : oneOf<'text' | 'json'>(['text', 'json'])(text);
}

export function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw wanted("a URL such as 'http://master.mesos:8080'");
  return text.replace(/\/+$/, '');
}

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
