const ESCAPED: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' };

/**
 * A value as Go's `json.MarshalIndent(value, " ", " ")` writes it, which is how Mesos-DNS writes its answers: every line but the first starts with
 * one space and one more for each level; `<`, `>`, `&`, U+2028 and U+2029 are escaped; there is no line end at the end. `depth` is the level at
 * which the value stands in a larger one.
 */
export function goJson(value: unknown, depth = 0): string {
  return JSON.stringify(value, undefined, 1)
    .replaceAll('\n', lineAt(depth))
    .replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\\[^]/g, (escape) => ESCAPED[escape] ?? escape);
}

/** A line end, and the spaces before a value at a level. */
export function lineAt(depth: number): string {
  return `\n${' '.repeat(depth + 1)}`;
}
