import type { PathType } from '../model/service.ts';
import { grammar } from './define-grammar.ts';

const PATH_TYPES: readonly PathType[] = ['prefix', 'segment', 'exact', 'regex'];

/** How a path is compared with that of a request. */
export const pathType = grammar("'prefix', 'segment', 'exact' or 'regex'", (text) =>
  PATH_TYPES.find((type) => type === text.toLowerCase()),
);

/** What is done with TLS. `passthrough`: HAProxy does not end it, and the server of the app does. */
export const tls = grammar("'passthrough'", (text) => (text.toLowerCase() === 'passthrough' ? ('passthrough' as const) : undefined));

/** The name that apps share whose requests are split. */
export const splitName = grammar("a name of letters, digits, '.', '_' and '-' ('shop')", (text) =>
  /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? text : undefined,
);

/** The weight of an app in its split, in relation to the sum of the weights. */
export const splitWeight = grammar('a whole number from 0 to 100', (text) =>
  /^\d{1,3}$/.test(text) && Number(text) <= 100 ? Number(text) : undefined,
);

/** Letters, digits and marks of a path, a class such as `[a-z0-9]`, `.`, or one of the ends `$` and `^`. */
const ATOM = String.raw`(?:[\w/.~%:@!,&=-]|\[\^?[\w./~%:-]+\]|\$)`;
/** Parts, each with at most one of `*`, `+`, `?` and `{n}`. */
const PARTS = String.raw`(?:${ATOM}(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})?)*`;
/** A group of alternatives. It is not repeated, because a repetition within a repetition can take a regular expression forever. */
const SAFE_REGEX = new RegExp(`^/(?:${PARTS}|\\(${PARTS}(?:\\|${PARTS})*\\)\\??)*$`);

/** The most repetitions in one regular expression: with each, the time for a long path may grow by its length. */
const MOST_REPEATED = 3;

/** Whether HAProxy takes a regular expression, and needs little time for it whatever the path. */
export function isSafeRegex(text: string): boolean {
  if (text.length > 200 || !SAFE_REGEX.test(text)) return false;
  return (text.match(/[*+]|\{\d+,\d*\}/g) ?? []).length <= MOST_REPEATED && isRegex(text);
}

function isRegex(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
