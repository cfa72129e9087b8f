import { inParts } from './replies.ts';
import type { MapFile } from '../model/document.ts';

/** How HAProxy's worker is told something. Every call is answered by the same worker, or rejects. */
export interface Tell {
  /** Sends a command. Returns the answer. */
  readonly command: (text: string) => Promise<string>;
  /** Sends a command with rows behind it. Returns the answer. */
  readonly payload: (text: string, rows: readonly string[]) => Promise<string>;
}

/**
 * Replaces a map of HAProxy's as a whole. Its rows are prepared as a new version of the map, while requests are looked up in the current version; the
 * last command puts all of them in force at once. Returns the words with which HAProxy refuses a command, empty when the map is replaced. A version
 * that is not put in force is cleared.
 */
export async function replaceMap(path: string, rows: MapFile, tell: Tell): Promise<string> {
  const prepared = await tell.command(`prepare map ${path}`);
  const [, version] = /^New version created: (\d+)/m.exec(prepared) ?? [];
  if (version === undefined) return prepared === '' ? 'it did not say which version it prepares' : prepared;
  const texts = Array.from(rows, ([key, value]) => `${key} ${value}`);
  for (const part of inParts(texts)) {
    const refused = await tell.payload(`add map @${version} ${path}`, part);
    if (refused !== '') return abandoned(refused, version);
  }
  const refused = await tell.command(`commit map @${version} ${path}`);
  return refused === '' ? '' : abandoned(refused, version);

  async function abandoned(why: string, of: string): Promise<string> {
    await tell.command(`clear map @${of} ${path}`).catch(() => undefined);
    return why;
  }
}
