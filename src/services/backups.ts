import { each, eachPair, whole } from '../lib/lists.ts';
import type { Problem } from '../model/problem.ts';
import type { Front, PortOfApp, Server, Service } from '../model/service.ts';
import { areRelated } from '../model/folders.ts';
import { serverId } from './haproxy-names.ts';

/** Services with the servers that other apps lend them. */
export interface Lent {
  readonly services: readonly Service[];
  readonly problems: readonly Problem[];
}

/**
 * Returns a function that gives each port with the label BACKUP the servers of the port that the label names. HAProxy uses them while all servers of the
 * port itself are down. Only servers of the other port itself are lent, never those that are lent to it, so two apps may be each other's backup.
 */
export function makeLend(): (services: readonly Service[]) => Lent {
  const frontOf = each(({ front }: Service) => front);
  const optionsOf = each(({ backend }: Service) => backend.options);
  const isAsked = whole((options: ReturnType<typeof optionsOf>) => options.some(({ traffic }) => traffic?.backup !== undefined));
  const placesOf = whole(placesByPort);
  const lend = eachPair((service: Service, lender: Lender): Service => (lender.service === undefined ? service : withServers(service, lender.service))); // prettier-ignore
  const lenderOf = makeLenderOf();
  return (services) => {
    if (!isAsked(optionsOf(services))) return { services, problems: [] };
    const places = placesOf(frontOf(services));
    const found = services.map((service) => find(service, services, places));
    return {
      services: lend(services, found.map(lenderOf)),
      problems: found.flatMap(({ problem }) => problem ?? []),
    };
  };
}

interface Lender {
  readonly service?: Service;
}

/** Returns the same object for the same service, because lists are compared by identity. */
function makeLenderOf(): (lender: Lender) => Lender {
  const known = new WeakMap<Service, Lender>();
  return ({ service }) => {
    if (service === undefined) return NONE;
    const lender = known.get(service) ?? { service };
    known.set(service, lender);
    return lender;
  };
}

const NONE: Lender = {};

type Places = ReadonlyMap<string, number>;

/** Where each port is in the list, by its app, and by the app in Marathon whose labels a deployment group has. */
function placesByPort(fronts: readonly Front[]): Places {
  const places = new Map<string, number>();
  for (const [i, { app, author, index }] of fronts.entries()) {
    places.set(`${app} ${index}`, i);
    if (author !== undefined) places.set(`${author} ${index}`, i);
  }
  return places;
}

function find(service: Service, services: readonly Service[], places: Places): Lender & { readonly problem?: Problem } {
  const asked = service.backend.options.traffic?.backup;
  if (asked === undefined) return NONE;
  const lender = services[places.get(`${asked.app} ${asked.index}`) ?? -1];
  const fault = faultOf(service, lender, asked);
  if (fault !== undefined) return { problem: problem(service.front, asked, fault) };
  return lender === undefined ? NONE : { service: lender };
}

type BackupFault = readonly [why: string, hint: string];

/** Why a port does not lend its servers. */
function faultOf({ front, backend }: Service, lender: Service | undefined, { app }: PortOfApp): BackupFault | undefined {
  const { author = front.app } = front;
  if (!areRelated(author, app)) return ['it is an app of a different folder', 'name an app of the same folder'];
  if (lender === undefined) return ['this load balancer does not serve it', 'name a port that is served, as APP or APP:INDEX'];
  const other = lender.front;
  if (other === front) return ['it is the port itself', 'name a port of a different app'];
  if (other.mode !== front.mode) return [`it is in ${other.mode} mode, and this port in ${front.mode} mode`, 'give both the same mode'];
  if ('HAPROXY_BACKEND_SERVER_OPTIONS' in front.overrides)
    return [`HAPROXY_${front.index}_BACKEND_SERVER_OPTIONS writes the lines of the servers`, 'remove one of the two labels'];
  const guards = guardsOf(lender);
  if (guards !== NO_GUARDS && guards !== guardsOf({ front, backend }))
    return [
      'its labels let fewer clients through',
      'give both ports the same AUTH, ALLOW, DENY, CLIENT_CA, TLS_MIN, BACKEND_NETWORK_ALLOWED_ACL and BIND_OPTIONS',
    ];
  return undefined;
}

/** What decides which clients reach the servers of a port. */
function guardsOf({ front, backend: { options } }: Service): string {
  const { auth = null, bind, clientTls = null } = front;
  const { allow = null, deny = null } = options.traffic ?? {};
  const verify = bind?.options?.includes('verify') === true ? bind.options : null;
  return JSON.stringify([auth, allow, deny, options.allowedNetworks, verify, clientTls]);
}

const NO_GUARDS = JSON.stringify([null, null, null, [], null, null]);

function problem({ app, index }: Front, asked: PortOfApp, [why, hint]: BackupFault): Problem {
  const label = `HAPROXY_${index}_BACKUP`;
  return {
    code: 'label-value',
    owner: { by: 'app', app, index },
    label,
    message: `port ${asked.index} of ${asked.app} does not stand in for this port, as ${label} asks, because ${why}`,
    hint,
  };
}

/** The service with the lender's servers behind its own, the draining ones among them. */
function withServers({ front, backend }: Service, lender: Service): Service {
  const { app, index } = lender.front;
  const lent: Server['lent'] = { by: { by: 'app', app, index }, traffic: lender.backend.options.traffic ?? {} };
  const names = new Set(backend.servers.map(({ name }) => name));
  const ids = new Set(backend.servers.map(({ id }) => id));
  const all = lender.backend.servers
    .filter(({ name }) => !names.has(name))
    .map((server): Server => ({ ...server, id: serverId(server.name, ids), checkPort: undefined, checked: false, lent }));
  return {
    front,
    backend: {
      ...backend,
      isBackedUp: true,
      servers: [...backend.servers, ...all],
      leaving: [...backend.leaving, ...lender.backend.leaving.filter((name) => !names.has(name))],
    },
  };
}
