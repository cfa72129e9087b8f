/** A way to a part of a JSON value: `['tasks', 0, 'host']`. */
export type Way = readonly (string | number)[];

/** The ways to all parts of a value, also to those that hold others. */
export function waysIn(value: unknown, at: Way = []): readonly Way[] {
  const own = at.length > 0 ? [at] : [];
  if (typeof value !== 'object' || value === null) return own;
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...own, ...entries.flatMap(([key, part]) => waysIn(part, [...at, key]))];
}

/** The value with another part at a place; undefined: without it, once it is JSON. */
export function replaced(value: unknown, [key, ...rest]: Way, part: unknown): unknown {
  if (key === undefined) return part;
  if (Array.isArray(value)) return value.map((one: unknown, i) => (i === key ? replaced(one, rest, part) : one));
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, part) };
}

const PLACE = '\u{1f4cd}';

/** The JSON text of a value with another text at a place; an element of a list is never left out, but null. */
export function spoilt(value: unknown, way: Way, text: string | undefined): string {
  if (text === undefined) return JSON.stringify(replaced(value, way, undefined));
  return JSON.stringify(replaced(value, way, PLACE)).replace(`"${PLACE}"`, () => text);
}

const DEPTH = 20_000;

/** JSON texts that can stand where Marathon would send something else; undefined: nothing stands there. */
export const SPOILS: readonly (readonly [name: string, text: string | undefined])[] = [
  ['absent', undefined],
  ['null', 'null'],
  ['zero', '0'],
  ['negative', '-1'],
  ['a fraction', '0.5'],
  ['huge', '9007199254740993e20'],
  ['more than a number holds', '1e999'],
  ['true', 'true'],
  ['an empty text', '""'],
  ['no number', '"NaN"'],
  ['control characters', JSON.stringify('/a\u0000\r\n\tglobal\n  daemon\u0085\u2028\u001b[2J\u007f')],
  ['half a character', String.raw`"\ud83d"`],
  ['100 kB', JSON.stringify('/x'.repeat(50_000))],
  ['an empty list', '[]'],
  ['a list of null', '[null]'],
  ['a list of texts', '["x", "y"]'],
  ['an empty object', '{}'],
  ['an object', '{"id": {"id": 1}, "__proto__": {"host": "10.0.0.9"}, "constructor": 1}'],
  ['a deep list', '['.repeat(DEPTH) + ']'.repeat(DEPTH)],
  ['a deep object', '{"a":'.repeat(DEPTH) + '1' + '}'.repeat(DEPTH)],
];
