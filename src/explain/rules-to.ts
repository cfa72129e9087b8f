import { hideSecrets } from '../lib/secrets.ts';
import type { Document } from '../model/document.ts';
import { ownerOf } from './owners.ts';
import type { RuleExplanation } from './shapes.ts';

/** The rules of ports in frontends that apps share, by owner. */
export function rulesByOwner({ front }: Document): ReadonlyMap<string, readonly RuleExplanation[]> {
  const all = new Map<string, RuleExplanation[]>();
  for (const { name: where, fragments } of front) {
    if (fragments[0]?.owner.by !== 'operator') continue; // a port's own
    for (const fragment of fragments) {
      if (fragment.owner.by !== 'app') continue;
      const owner = ownerOf(fragment);
      const known = all.get(owner) ?? [];
      all.set(owner, known);
      for (const line of fragment.text.split('\n')) {
        const bare = line.trim();
        if (bare !== '' && !bare.startsWith('#')) known.push({ where, line: hideSecrets(bare), label: fragment.label ?? null });
      }
    }
  }
  return all;
}

/** The rows of map files, by the backend that they lead to. */
export function rowsByBackend({ maps }: Document): ReadonlyMap<string, readonly RuleExplanation[]> {
  const all = new Map<string, RuleExplanation[]>();
  for (const [where, map] of Object.entries(maps)) {
    for (const [key, backend] of map) {
      const known = all.get(backend) ?? [];
      all.set(backend, known);
      known.push({ where, line: `${key} ${backend}`, label: null });
    }
  }
  return all;
}
