import type { Document, Section } from '../model/document.ts';
import type { AppId } from '../model/names.ts';
import { demandOf } from './descriptors.ts';

/** An app, and how many file descriptors its ports and servers need in total. */
export interface Neediest {
  readonly app: AppId;
  readonly descriptors: number;
}

/**
 * Returns the apps to leave out when HAProxy lacks `lacking` descriptors for a document, as many as give back that number: first those whose need has
 * grown most since the good document, and of several that have grown equally, those that need most. Returns none when all apps together need fewer
 * than are lacking, because then the limit is too low even without apps.
 */
export function neediestOf(document: Document, good: Document | undefined, lacking: number): readonly Neediest[] {
  const needs = needsOf(document);
  const all = [...needs.values()].reduce((sum, need) => sum + need, 0);
  if (all < lacking) return [];
  const before = good === undefined ? new Map<AppId, number>() : needsOf(good);
  const grown = (app: AppId): number => (needs.get(app) ?? 0) - (before.get(app) ?? 0);
  const out: Neediest[] = [];
  let given = 0;
  for (const [app, descriptors] of [...needs].sort(([a, needA], [b, needB]) => grown(b) - grown(a) || needB - needA)) {
    if (given >= lacking) break;
    out.push({ app, descriptors });
    given += descriptors;
  }
  return out;
}

function needsOf(document: Document): ReadonlyMap<AppId, number> {
  const needs = new Map<AppId, number>();
  for (const [app, text] of textsByApp(document)) {
    const { binds = 0, checks = 0 } = demandOf(text, 0) ?? {};
    if (binds + checks > 0) needs.set(app, binds + checks);
  }
  return needs;
}

function* textsByApp(document: Document): Iterable<readonly [AppId, string]> {
  const texts = new Map<AppId, string[]>();
  const add = (app: AppId, text: string): void => {
    const known = texts.get(app);
    if (known === undefined) texts.set(app, [text]);
    else known.push(text);
  };
  const addAll = ({ fragments }: Pick<Section, 'fragments'>): void => {
    for (const { owner, text } of fragments) if (owner.by === 'app') add(owner.app, text);
  };
  document.front.forEach(addAll);
  for (const section of document.backends) {
    addAll(section);
    const owner = section.fragments.map((one) => one.owner).find((one) => one.by === 'app');
    if (owner !== undefined) for (const { text } of section.servers.values()) add(owner.app, text);
  }
  for (const [app, all] of texts) yield [app, all.join('\n')];
}
