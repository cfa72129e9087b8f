import { keysBetween } from '../lib/changed-keys.ts';
import type { BackendSection, Document, MapFile, Section } from '../model/document.ts';
import { isSameLine } from './server-line.ts';

/** The text of a section's fragments. */
export function fragmentsText({ fragments }: Section): string {
  let text = '';
  for (const fragment of fragments) text += ended(fragment.text);
  return text;
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Whether two texts mean the same to HAProxy: they differ at most in blank lines and comments. */
function isSameText(a: string, b: string): boolean {
  return a === b || essence(a) === essence(b);
}

/** Removes the blank lines and comments of a text, which HAProxy ignores. */
export function essence(text: string): string {
  return text.replace(/^[ \t]*(?:#.*)?(?:\n|$)/gm, '').trimEnd();
}

/** Whether two sections read the same, without their servers. */
export function isSameSection(a: Section, b: Section): boolean {
  return a === b || isSameText(fragmentsText(a), fragmentsText(b));
}

/** Whether two lists of sections read the same, wherever one section ends and the next begins. */
export function areSameSections(a: readonly Section[], b: readonly Section[]): boolean {
  return isSameText(a.map(fragmentsText).join(''), b.map(fragmentsText).join(''));
}

/** Whether two backends are the same to HAProxy, with the same servers. */
export function isSameBackend(a: BackendSection, b: BackendSection): boolean {
  if (a === b) return true;
  const isSame = isSameSection(a, b) && haveSameServers(a, b);
  return isSame || isSameWhole(a, b);
}

function haveSameServers({ servers: a }: BackendSection, { servers: b }: BackendSection): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { text }] of a) {
    const other = b.get(name);
    if (other === undefined || !isSameLine(text, other.text)) return false;
  }
  return true;
}

/**
 * Compares two backends as whole texts, wherever their servers begin: a template may write several lines for a server, or give it a different name.
 */
export function isSameWhole(a: BackendSection, b: BackendSection): boolean {
  return isSameText(wholeText(a), wholeText(b));
}

function wholeText(section: BackendSection): string {
  let text = fragmentsText(section);
  for (const line of section.servers.values()) text += ended(line.text);
  return text;
}

/** Whether two map files have the same entries in any order. */
export function isSameMap(a: MapFile | undefined, b: MapFile | undefined): boolean {
  if (a === b) return true;
  if (b === undefined || a?.size !== b.size) return false;
  for (const key of keysBetween(a, b) ?? a.keys()) if (b.get(key) !== a.get(key)) return false;
  return true;
}

/** The names of all map files of two documents. */
export function mapNames(a: Document['maps'], b: Document['maps']): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

/** The first line that differs, in words. */
export function differenceOf(before: string, after: string): string {
  const was = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const added = [...now].find((line) => !was.has(line));
  const gone = [...was].find((line) => !now.has(line));
  if (added !== undefined) return `now with '${added.trim()}'`;
  return gone !== undefined ? `now without '${gone.trim()}'` : 'in a different order';
}
