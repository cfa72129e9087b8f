import { textOf } from '../haproxy/file-text.ts';
import { usableCores } from '../lib/cores.ts';
import type { Document } from '../model/document.ts';
import type { AppId } from '../model/names.ts';
import type { Unaffordable } from '../model/quarantine.ts';
import { demandOf, limit, needed } from './descriptors.ts';

interface Asked {
  /** The document without the apps that are left out. */
  readonly document: Document;
  readonly unaffordable: readonly Unaffordable[];
}

/**
 * Returns a function that returns which of the apps left out for want of file descriptors can be served now: as many as the descriptors suffice for,
 * beginning with the app that needs least. An app that is left out again after it was returned is not returned a second time before the limit, or what
 * all other apps need, has changed.
 */
export function makeAffordable(mostOf: () => Promise<number> = limit): (asked: Asked) => Promise<readonly AppId[]> {
  const tried = new Map<AppId, string>();
  let last: { readonly document: Document; readonly need: number } | undefined;
  return async ({ document, unaffordable }) => {
    if (unaffordable.length === 0) return [];
    if (last?.document !== document) last = { document, need: needOf(document) };
    const { need } = last;
    const most = await mostOf();
    const now = `${need} ${most}`;
    const apps: AppId[] = [];
    let left = most - need;
    for (const { app, descriptors } of [...unaffordable].sort((a, b) => a.descriptors - b.descriptors)) {
      if (descriptors > left) break;
      if (tried.get(app) === now) continue;
      tried.set(app, now);
      apps.push(app);
      left -= descriptors;
    }
    return apps;
  };
}

function needOf(document: Document): number {
  const demand = demandOf([...textOf(document)].join(''), usableCores());
  return demand === undefined ? 0 : needed(demand);
}
