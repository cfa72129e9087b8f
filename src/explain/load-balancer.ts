import type { Problem } from '../model/problem.ts';
import type { View } from '../model/view.ts';

/** What of the load balancer itself may keep an app from being reached: the Problems of its operator. */
export function ofLoadBalancer({ problems }: Pick<View, 'problems'>): readonly Problem[] {
  return problems.filter(({ owner, code }) => owner.by === 'operator' && code !== 'app-not-readable');
}
