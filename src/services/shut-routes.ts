import type { Front, Route } from '../model/service.ts';
import { ordered, type Contestant } from './contestants.ts';
import { makeHolder, isName, routeWord } from './holders.ts';

/**
 * The ports that are left out for a fault, each with those of its routes that nobody else has: these are answered 503. Against a port that is rendered, or
 * that holds the route, such a port has no claim; of several such ports the first gets the route.
 */
export function shutRoutes(all: readonly Contestant[], wholeOf: typeof makeHolder): readonly Front[] {
  const shut = ordered(all.filter((one) => one.shut !== undefined));
  if (shut.length === 0) return [];
  const taken = new Set(all.flatMap(({ held, shut: own }) => (own === undefined ? [...held] : [])));
  const holderOf = new Map(shut.flatMap((one) => Array.from(one.held, (word) => [word, one] as const)).reverse());
  return shut.flatMap((one): Front | readonly [] => {
    const front = one.shut as Front;
    const isFree = (word: string): boolean => !taken.has(word) && (holderOf.get(word) ?? one) === one;
    if (!wholeOf(front).holds.filter(isName).every(isFree)) return [];
    const routes = front.routes.flatMap((route) => remaining(front, route, isFree));
    const got = isSame(routes, front.routes) ? front : { ...front, routes };
    for (const word of makeHolder(got).holds) taken.add(word);
    return routes.length === 0 ? [] : got;
  });
}

/** A route with those of its paths that are free; none when no path is. */
function remaining(front: Front, route: Route, isFree: (word: string) => boolean): readonly Route[] {
  const { host, path } = route;
  if (front.table === undefined || path === undefined) return isFree(routeWord(front, route)) ? [route] : [];
  const all = path.split(' ');
  const free = all.filter((one) => isFree(routeWord(front, { host, path: one })));
  if (free.length === all.length) return [route];
  return free.length === 0 ? [] : [{ host, path: free.join(' ') }];
}

function isSame(a: readonly Route[], b: readonly Route[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
