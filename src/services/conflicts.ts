import type { Problem } from '../model/problem.ts';
import type { Bind, Front } from '../model/service.ts';

/** Who has what another port claims. */
export interface Winner {
  readonly front: Front;
  /** It does not serve now, and keeps what it had. */
  readonly isAbsent: boolean;
}

/** The Problem of a port that is not bound. `who`: in words, who has the bind. */
export function portTaken(front: Front, bind: Bind, { who, hint }: { readonly who: string; readonly hint?: string | undefined }): Problem {
  return {
    code: 'port-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    message: `service port ${bind.port} belongs to ${who}, so this port is not bound${front.routes.length > 0 ? '; its virtual hosts are served' : ''}`,
    hint: hint ?? `give it another one with servicePort or HAPROXY_${front.index}_PORT`,
  };
}

/** What an app is told that counts as a load balancer, and lost a port to an app that serves. */
export function balancerHint(index: number): string {
  return `the app asks for the ports of this load balancer, so it counts as a load balancer itself and gets no port that an app serves; HAPROXY_${index}_ENABLED=false leaves the port out here`;
}

/** The one Problem of a port about all virtual hosts that another one has. */
export function routesTaken(front: Front, hosts: readonly string[], winner: Winner): Problem {
  const more = hosts.length > MOST_TOLD ? ` and ${hosts.length - MOST_TOLD} more` : '';
  const [are, they, them] = hosts.length > 1 ? ['s', 'they do', 'them'] : ['', 'it does', 'it'];
  return {
    code: 'route-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    label: `HAPROXY_${front.index}_VHOST`,
    message: `the virtual host${are} ${hosts.slice(0, MOST_TOLD).join(', ')}${more} belong${are === '' ? 's' : ''} to ${wordsOf(winner)}, so ${they} not lead here`,
    hint: `take ${them} out of one of the two, or order them with HAPROXY_${front.index}_BACKEND_WEIGHT`,
  };
}

/** So many virtual hosts are named. */
const MOST_TOLD = 3;

/** The Problem of a port that would make a backend that another one makes. */
export function sameName(front: Front, winner: Winner): Problem {
  return {
    code: 'port-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    message: `its backend would be named ${front.name}, as that of ${wordsOf(winner)}, so it is left out`,
    hint: `give it another service port with servicePort or HAPROXY_${front.index}_PORT`,
  };
}

/** 'port 0 of /shop', by an id that Marathon has. */
export function wordsOf({ front: { app, author = app, index }, isAbsent }: Winner): string {
  return `port ${index} of ${author}${isAbsent ? ', which does not serve now but keeps what it had as long as it claims it' : ''}`;
}
