import { byText } from '../lib/lists.ts';
import type { BackendOptions, Front, Service } from '../model/service.ts';

/**
 * Returns a function that gives for a port that is left out for a fault what is rendered in its place: its hosts and paths, and nothing else of its labels,
 * because one of the labels is at fault. The same object for the same front.
 */
export function makeShutOf(): (front: Front) => Front {
  const known = new WeakMap<Front, Front>();
  return (front) => {
    const shut = known.get(front) ?? shutOf(front);
    known.set(front, shut);
    return shut;
  };
}

/** Ports that are left out, as they are rendered: of the ports of one app so many at most. */
export function shutFirst(fronts: readonly Front[], most: number): readonly Front[] {
  return fronts.map((front, i) => (i < most ? shutOf(front) : front));
}

/** A port that is left out for a fault, as it is rendered. */
export function shutOf(front: Front): Front {
  const { app, author, index, name, port, mode, routes, table, passthrough, weight, changedAt } = front;
  return {
    app,
    ...(author !== undefined && { author }),
    index,
    name,
    port,
    mode,
    bind: undefined,
    routes,
    ...(table !== undefined && { table }),
    ...(passthrough === true && { passthrough }),
    auth: undefined,
    redirectToHttps: false,
    weight,
    changedAt,
    overrides: {},
    claimed: front.claimed ?? front,
    isShut: true,
  };
}

/** Nothing of what labels ask for. */
const NO_OPTIONS: BackendOptions = {
  balance: 'roundrobin',
  sticky: false,
  hsts: false,
  allowedNetworks: [],
  check: undefined,
  proxyPassPath: undefined,
  reverseProxyPath: undefined,
  rootRedirect: undefined,
};

/** The service of a port that is left out for a fault: it has no servers, whatever tasks its app has. */
export function shutService(front: Front): Service {
  return { front, backend: { options: NO_OPTIONS, servers: [], leaving: [] } };
}

/** All services that are rendered, in the order of the file. */
export function withShut(services: readonly Service[], shut: readonly Service[]): readonly Service[] {
  if (shut.length === 0) return services;
  return [...services, ...shut].sort(({ front: a }, { front: b }) => byText(a.app, b.app) || a.port - b.port || a.index - b.index);
}
