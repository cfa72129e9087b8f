import type { Fragment } from '../model/document.ts';
import type { ServerName } from '../model/names.ts';

/**
 * The servers of a backend, with repeated `server` lines written once. A template with a fixed address (`server api 10.0.0.1:443`) makes the same
 * line for every task, and HAProxy refuses two servers with the same name. A server that is not named after its task is known by the name in its
 * line, so that it stays the same server when a different task makes the line.
 */
export function writtenOnce(servers: readonly (readonly [ServerName, Fragment])[]): ReadonlyMap<ServerName, Fragment> {
  const once = new Map<ServerName, Fragment>();
  const seen = new Set<string>();
  for (const [name, fragment] of servers) {
    if (isOfTask(fragment.text, name)) {
      once.set(name, fragment);
      continue;
    }
    const text = withoutSeen(fragment.text, seen);
    if (text === '') continue;
    const fixed = nameIn(text) ?? name;
    once.set(once.has(fixed) ? name : fixed, text === fragment.text ? fragment : { ...fragment, text });
  }
  return once;
}

/** Whether a text is one line with a server named after its task, which nearly all texts are. */
function isOfTask(text: string, name: ServerName): boolean {
  const at = text.indexOf('server ');
  return text.startsWith(name, at + 7) && text.indexOf('\n') >= text.length - 1 && text[at + 7 + name.length] === ' ';
}

/** The text without `server` lines seen before; empty when no server is left in it. */
function withoutSeen(text: string, seen: Set<string>): string {
  const lines = text.split('\n');
  const kept = lines.filter((line) => {
    const words = line.trim().split(/\s+/).join(' ');
    if (!words.startsWith('server ')) return true;
    const isNew = !seen.has(words);
    seen.add(words);
    return isNew;
  });
  if (kept.length === lines.length) return text;
  return kept.some((line) => /^\s*server\s/.test(line)) ? kept.join('\n') : '';
}

/** The name of the only server in a text; undefined when there are several. */
function nameIn(text: string): ServerName | undefined {
  const names = Array.from(text.matchAll(/^[ \t]*server[ \t]+(\S+)/gm), ([, name]) => name);
  return names.length === 1 ? (names[0] as ServerName) : undefined;
}
