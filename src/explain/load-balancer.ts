import type { Problem } from '../model/problem.ts';
import type { View } from '../model/view.ts';

/** The operator's Problems, which may keep any app from being reached. */
export function ofLoadBalancer({ problems }: Pick<View, 'problems'>): readonly Problem[] {
  return problems.filter(({ owner, code }) => owner.by === 'operator' && code !== 'app-not-readable');
}
