/** The daemon answered, and refused, in a sentence. */
export class RefusedAnswer extends Error {}

const ASK_MS = 15_000;

/** Asks the daemon, by a path relative to the page's own. Rejects with a RefusedAnswer when it refuses, and with another Error when it does not answer. */
export async function ask<Shape>(path: string): Promise<Shape> {
  const response = await fetch(path, { signal: AbortSignal.timeout(ASK_MS), headers: { accept: 'application/json' } });
  const isJson = response.headers.get('content-type') === 'application/json';
  if (!isJson) throw new Error(`the daemon does not answer (${response.status})`); // HAProxy's own page says that the daemon is away
  const answer = (await response.json()) as { readonly error?: string };
  if (response.ok) return answer as Shape;
  throw new RefusedAnswer(answer.error ?? `the daemon answers with ${response.status}`);
}

/** A path with its query. */
export function pathOf(path: string, query: readonly (readonly [string, string])[]): string {
  return query.length === 0 ? path : `${path}?${new URLSearchParams(query.map(([name, value]) => [name, value])).toString()}`;
}
