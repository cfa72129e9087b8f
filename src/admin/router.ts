import type { Refusal, AdminRoute } from './route.ts';

/** A route that answers for a path, and what its names stand for. */
export interface FoundRoute {
  readonly route: AdminRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a request; or says why there is none. HEAD is answered as GET is. */
export type FindRoute = (method: string, path: string) => FoundRoute | Refusal;

interface RoutePattern {
  readonly route: AdminRoute;
  readonly pattern: RegExp;
}

/** The prefix under which the stats port of HAProxy leads here. */
const PREFIX = '/_mlb';

/**
 * A router over a table of routes; of two that fit a path, the one without names in its path comes first. Whatever only reads is found below /_mlb/
 * too, so that the page finds the API by paths relative to its own address, on the admin address and on HAProxy's stats port alike.
 */
export function makeRouter(routes: readonly AdminRoute[]): FindRoute {
  const find = makeTable(routes);
  const findBelow = makeTable(routes.filter(({ isChange }) => isChange !== true));
  return (method, path) => {
    const exact = find(method, path);
    if ('route' in exact || !path.startsWith(`${PREFIX}/`)) return exact;
    const below = findBelow(method, path.slice(PREFIX.length));
    return 'route' in below || below.status !== 404 ? below : exact;
  };
}

function makeTable(routes: readonly AdminRoute[]): FindRoute {
  const compiled = routes
    .map((route): RoutePattern => ({ route, pattern: patternOf(route.path) }))
    .sort((a, b) => Number(a.route.path.includes('{')) - Number(b.route.path.includes('{')));
  return (method, path) => {
    const fitting = compiled.filter(({ pattern }) => pattern.test(path));
    const asked = method === 'HEAD' ? 'GET' : method;
    const found = fitting.find(({ route }) => route.method === asked);
    if (found !== undefined) return { route: found.route, params: paramsOf(found, path) };
    return fitting.length === 0 ? unknownPath(path) : otherMethod(method, fitting);
  };
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\{\w+…?\})/).map((part) => {
    const [, name, isRest] = /^\{(\w+)(…?)\}$/.exec(part) ?? [];
    if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return isRest === '' ? `(?<${name}>[^/]+)` : `(?<${name}>.+)`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

function paramsOf({ pattern }: RoutePattern, path: string): FoundRoute['params'] {
  const groups = pattern.exec(path)?.groups ?? {};
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
}

function unknownPath(path: string): Refusal {
  return { status: 404, error: `there is nothing at ${path}`, hint: 'GET /v1/openapi.json describes what there is' };
}

function otherMethod(method: string, fitting: readonly RoutePattern[]): Refusal {
  const allow = [...new Set(fitting.map(({ route }) => route.method))].join(', ');
  return { status: 405, error: `${method} is not answered here`, hint: `use ${allow}`, headers: { allow } };
}
