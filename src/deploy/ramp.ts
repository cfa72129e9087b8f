import type { Growth } from './shapes.ts';

interface Ramp {
  /** How many instances the growing app has. */
  readonly now: number;
  /** How many it is to have in the end. */
  readonly goal: number;
  /** How many instances the other app has. */
  readonly other: number;
  readonly growth: Growth;
}

/** The next number of instances of the growing app; never more than its goal, and always more than it has, unless it is there. */
export function nextInstances({ now, goal, other, growth }: Ramp): number {
  if (now >= goal) return goal;
  return Math.min(goal, Math.max(now + 1, wanted({ now, goal, other, growth })));
}

function wanted({ now, goal, other, growth }: Ramp): number {
  if (growth.by === 'shares') {
    const sizes = growth.shares.map((share) => Math.ceil((goal * share) / 100));
    return sizes.find((size) => size > now) ?? goal;
  }
  const next = growth.by === 'number' ? now + growth.number : Math.floor(now + (now + 1) / 2);
  return growth.by === 'half' && next >= other ? goal : next; // as zdd: once the new app is as large as the old one, all at once
}

/** How many instances the new app begins with, by shares of its target. */
export function firstInstances(growth: Growth, { initial, target }: { readonly initial: number; readonly target: number }): number {
  const [share] = growth.by === 'shares' ? growth.shares : [];
  return Math.max(target > 0 ? 1 : 0, Math.min(target, share === undefined ? initial : Math.ceil((target * share) / 100)));
}
