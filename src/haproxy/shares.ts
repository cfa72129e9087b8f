import type { BackendName } from '../model/names.ts';
import type { Front } from '../model/service.ts';

/** How many equal parts the requests of a split are divided into. */
const SLOTS = 100;

/** The ports of a split with the number of slots that each gets, in the order of the ports. The sum is SLOTS. */
export function sharesOf(members: readonly Front[]): readonly { readonly front: Front; readonly slots: number }[] {
  const serving = members.filter(({ split }) => split?.isIdle !== true);
  const counted = serving.length > 0 ? serving : members;
  const weights = weightsOf(counted);
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  if (total === 0) {
    const oldest = [...counted].sort(byAge)[0];
    return members.map((front) => ({ front, slots: front === oldest ? SLOTS : 0 }));
  }
  return apportion(members.map((front) => ({ front, exact: ((weights.get(front) ?? 0) / total) * SLOTS })));
}

/** The backend of each slot. A client whose slot is the same gets the same backend while the shares are the same. */
export function slotsOf(members: readonly Front[]): readonly BackendName[] {
  return sharesOf(members).flatMap(({ front, slots }) => new Array<BackendName>(slots).fill(front.name));
}

/** The weight of each port. Ports without a weight get equal parts of what the others leave of 100. */
function weightsOf(members: readonly Front[]): ReadonlyMap<Front, number> {
  const given = members.reduce((sum, { split }) => sum + (split?.weight ?? 0), 0);
  const open = members.filter(({ split }) => split?.weight === undefined).length;
  const rest = Math.max(0, 100 - given) / Math.max(1, open);
  return new Map(members.map((front) => [front, front.split?.weight ?? rest]));
}

/** Whole slots by the largest remainder. A port with a weight above 0 gets at least what is left over of it, never more than its share and one. */
function apportion(parts: readonly { readonly front: Front; readonly exact: number }[]) {
  const left = SLOTS - parts.reduce((sum, { exact }) => sum + Math.floor(exact), 0);
  const first = new Set(
    [...parts]
      .sort((a, b) => (b.exact % 1) - (a.exact % 1))
      .slice(0, left)
      .map(({ front }) => front),
  );
  return parts.map(({ front, exact }) => ({ front, slots: Math.floor(exact) + (first.has(front) ? 1 : 0) }));
}

function byAge(a: Front, b: Front): number {
  const [first, second] = [a.changedAt ?? '', b.changedAt ?? ''];
  return first < second ? -1 : first > second ? 1 : a.app < b.app ? -1 : 1;
}
