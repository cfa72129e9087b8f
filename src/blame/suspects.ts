import type { Fragment, Section } from '../model/document.ts';
import type { Complaint } from './complaint.ts';
import type { AppOwner } from '../model/problem.ts';
import { lazily } from '../lib/lazily.ts';
import { ownerKey } from './app-owners.ts';
import { mentionIn, fragmentAt, textAt, wordsOf, type FragmentLines } from './fragment-lines.ts';

/** A fragment that a complaint leads to. */
export interface Suspect {
  readonly complaint: Complaint;
  readonly fragment: Fragment;
  readonly section: Section;
  /** The line as rendered; undefined when the complaint leads to no line. */
  readonly line: string | undefined;
  /** The other ports that have a part in what is complained of. */
  readonly beside: readonly AppOwner[];
}

/**
 * The fragments that complaints lead to: by the line number at the start of a complaint; else by lines that it mentions and by the proxies that it
 * names. Of several fragments, one that came from a label is the most likely to be wrong, then one from a shared template, then the operator's own
 * line.
 */
export function findSuspects(complaints: readonly Complaint[], rows: readonly FragmentLines[]): readonly Suspect[] {
  const proxies = lazily(() => proxiesIn(rows));
  return complaints.flatMap((complaint) => {
    const { found, all } = findRows(complaint, rows, proxies);
    return found.map(({ row: { fragment, section }, line }): Suspect => {
      return { complaint, fragment, section, line, beside: besideOf(fragment, all) };
    });
  });
}

/** The other ports with a part in a fragment's text, or in those that the complaint leads to as well. */
function besideOf({ owner, beside = [] }: Fragment, all: readonly FoundLine[]): readonly AppOwner[] {
  const owners = new Map<string, AppOwner>();
  for (const other of [...beside, ...all.map(({ row }) => row.fragment.owner)]) if (other.by === 'app') owners.set(ownerKey(other), other);
  if (owner.by === 'app') owners.delete(ownerKey(owner));
  return [...owners.values()];
}

interface FoundLine {
  readonly row: FragmentLines;
  readonly line: string | undefined;
}

/** The rows that are likeliest at fault, and all to which a complaint leads. */
function findRows(
  complaint: Complaint,
  rows: readonly FragmentLines[],
  proxies: () => Proxies,
): { readonly found: readonly FoundLine[]; readonly all: readonly FoundLine[] } {
  const at = (line: number): readonly FoundLine[] => {
    const row = fragmentAt(rows, line);
    return row === undefined ? [] : [{ row, line: textAt(row, line) }];
  };
  const mentioned = complaint.mentioned.flatMap(at);
  if (complaint.line !== undefined) {
    const all = [...at(complaint.line), ...mentioned];
    return { found: likeliest(all).slice(0, 1), all };
  }
  const named = complaint.names.flatMap(({ kind, name }) => proxies().get(`${kind} ${name}`) ?? []);
  const rules = [...new Set(named)].flatMap((proxy) => rowsIn(proxy, complaint));
  const all = [...rules, ...mentioned];
  const best = likeliest(all);
  return { found: best.every((found) => rules.includes(found)) ? firstOfEach(best) : best.slice(0, 1), all };
}

/** The rows of a proxy with the most words of the complaint. When no row has any, the head of the proxy if an app owns it, else none. */
function rowsIn({ name, rows }: Proxy, { names, quoted }: Complaint): readonly FoundLine[] {
  const others = names.map((named) => named.name).filter((other) => other !== name);
  const words = new Set([...others, ...quoted.flatMap(wordsOf)].filter((word) => !KEYWORDS.has(word)));
  const mentions = rows.map((row) => ({ row, ...mentionIn(row, words) })).filter(({ count }) => count > 0);
  const [head] = rows;
  if (mentions.length === 0) return head?.fragment.owner.by === 'app' ? [{ row: head, line: undefined }] : [];
  const most = Math.max(...mentions.map(({ count }) => count));
  return mentions.filter(({ count }) => count === most);
}

/** Words that HAProxy quotes as kinds of rules. The rule that has the other quoted words is meant. */
const KEYWORDS: ReadonlySet<string> = new Set(['use_backend', 'default_backend', 'use-server', 'mode', 'filter', 'cache']);

/** The first row of each owner. */
function firstOfEach(found: readonly FoundLine[]): readonly FoundLine[] {
  const byOwner = new Map<string, FoundLine>();
  for (const one of found) {
    const { owner } = one.row.fragment;
    const key = owner.by === 'app' ? ownerKey(owner) : '';
    if (!byOwner.has(key)) byOwner.set(key, one);
  }
  return [...byOwner.values()];
}

/** The rows with the highest rank by the owner of their text, in their order. */
function likeliest(found: readonly FoundLine[]): readonly FoundLine[] {
  const most = Math.max(...found.map(rank));
  return found.filter((one) => rank(one) === most);
}

function rank({ row: { fragment } }: FoundLine): number {
  if (fragment.owner.by === 'operator') return 0;
  return fragment.label === undefined ? 1 : 2;
}

/** A section under one of its names, with its rows. */
interface Proxy {
  readonly name: string;
  readonly rows: readonly FragmentLines[];
}

/** Sections by kind and name, and by name alone: 'frontend shop_10004', 'any shop_10004'. */
type Proxies = ReadonlyMap<string, readonly Proxy[]>;

function proxiesIn(rows: readonly FragmentLines[]): Proxies {
  const bySection = new Map<Section, FragmentLines[]>();
  for (const row of rows) {
    const own = bySection.get(row.section);
    if (own === undefined) bySection.set(row.section, [row]);
    else own.push(row);
  }
  const proxies = new Map<string, Proxy[]>();
  for (const own of bySection.values()) {
    for (const [, kind = '', name = ''] of (own[0] as FragmentLines).fragment.text.matchAll(OPENER)) {
      const proxy = { name, rows: own };
      for (const key of [`${kind} ${name}`, `any ${name}`]) proxies.set(key, [...(proxies.get(key) ?? []), proxy]);
    }
  }
  return proxies;
}

const OPENER = /^[ \t]*(frontend|backend|listen|userlist)[ \t]+(\S+)/gm;
