import { byText } from '../lib/lists.ts';
import type { Front } from './service.ts';

/**
 * The order of the ports of a virtual host when only one can have its say about TLS: one that takes the whole host comes before one that takes a path of
 * it, and the older app before the newer. So nobody who takes a path of a host decides for the others.
 */
export function firstOfHost(host: string): (a: Front, b: Front) => number {
  const isWhole = ({ routes }: Front): number => (routes.some((route) => route.host === host && route.path === undefined) ? 0 : 1);
  return (a, b) => isWhole(a) - isWhole(b) || byText(a.changedAt ?? '', b.changedAt ?? '') || byText(a.app, b.app) || a.index - b.index;
}
