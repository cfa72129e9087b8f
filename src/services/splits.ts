import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';

/** The Problems of splits that can't be: those whose weights are all 0. Until then the oldest app gets all requests, as without a split. */
export function splitProblems(fronts: readonly Front[]): readonly Problem[] {
  const byKey = new Map<string, Front[]>();
  for (const front of fronts) {
    if (front.split === undefined) continue;
    const others = byKey.get(front.split.key);
    if (others === undefined) byKey.set(front.split.key, [front]);
    else others.push(front);
  }
  return [...byKey.values()]
    .filter((members) => members.length > 1 && members.every(({ split }) => split?.weight === 0))
    .flatMap((members) => members.map(allZero));
}

function allZero({ app, index, split }: Front): Problem {
  const name = split?.key.split(' ')[1] ?? '';
  return {
    code: 'label-value',
    owner: { by: 'app', app, index },
    label: `HAPROXY_${index}_SPLIT_WEIGHT`,
    message: `all apps of the split '${name}' have the weight 0, so the one with the oldest definition gets all requests`,
    hint: 'give one of them a weight above 0',
  };
}
