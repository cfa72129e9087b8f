import { distance } from 'fastest-levenshtein';
import { byText } from '../lib/lists.ts';

/** The beginning of a name that may be meant as HAPROXY_: in small letters, with a letter too few, with '-' or '.', behind a blank. */
const LIKE_OURS = /^\s*([A-Za-z]{5,9})[_.\s-]/;

/** How many letters of HAPROXY may be wrong. */
const WRONG_LETTERS = 2;

/**
 * The labels whose names do not begin with HAPROXY_ and were meant to, each with the name that was meant ('haproxy_0_vhost', 'HAPROY_0_VHOST',
 * 'HAPROXY-0-VHOST'), in order of name. Only names that a known label has then: many other programs have labels of their own.
 */
export function slipsOf(
  labels: Readonly<Record<string, string>>,
  isKnown: (name: string) => boolean,
): readonly { readonly name: string; readonly meant: string }[] {
  const found: { readonly name: string; readonly meant: string }[] = [];
  for (const name of Object.keys(labels)) {
    if (name.startsWith('HAPROXY_')) continue;
    const meant = meantBy(name);
    if (meant !== undefined && isKnown(meant)) found.push({ name, meant });
  }
  return found.sort((a, b) => byText(a.name, b.name));
}

function meantBy(name: string): string | undefined {
  const [, head] = LIKE_OURS.exec(name) ?? [];
  if (head === undefined || name.length > 100 || distance(head.toUpperCase(), 'HAPROXY') > WRONG_LETTERS) return undefined;
  const rest = name.trim().slice(head.length).toUpperCase();
  return `HAPROXY${rest.replace(/[.\s-]/g, '_')}`;
}
