import type { Problem } from '../model/problem.ts';
import type { Bind, Front } from '../model/service.ts';

/** The port that holds what a different port claims. */
export interface Winner {
  readonly front: Front;
  /** True when the port does not serve now and keeps what it had. */
  readonly isAbsent: boolean;
}

/** The Problem of a port that is not bound. `who` says in words who holds the bind. */
export function portTaken(front: Front, bind: Bind, { who, hint }: { readonly who: string; readonly hint?: string | undefined }): Problem {
  return {
    code: 'port-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    message: `service port ${bind.port} belongs to ${who}, so this port is not bound${front.routes.length > 0 ? '; its virtual hosts are served' : ''}`,
    hint: hint ?? `give the port a different service port with servicePort or HAPROXY_${front.index}_PORT`,
  };
}

/** The hint for an app that counts as a load balancer and lost a port to an app that serves. */
export function balancerHint(index: number): string {
  return `the app asks for the ports of this load balancer, so it counts as a load balancer itself and gets no port that an app serves; HAPROXY_${index}_ENABLED=false leaves the port out here`;
}

/** The Problem of a port whose virtual hosts belong to a different port; one Problem for all hosts. */
export function routesTaken(front: Front, hosts: readonly string[], winner: Winner): Problem {
  const more = hosts.length > MOST_TOLD ? ` and ${hosts.length - MOST_TOLD} more` : '';
  const [are, they, them] = hosts.length > 1 ? ['s', 'the hosts do', 'the hosts'] : ['', 'the host does', 'the host'];
  return {
    code: 'route-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    label: `HAPROXY_${front.index}_VHOST`,
    message: `the virtual host${are} ${hosts.slice(0, MOST_TOLD).join(', ')}${more} belong${are === '' ? 's' : ''} to ${wordsOf(winner)}, so ${they} not lead here`,
    hint: `remove ${them} from one of the two ports, or order the ports with HAPROXY_${front.index}_BACKEND_WEIGHT`,
  };
}

/** The most virtual hosts that a message names. */
const MOST_TOLD = 3;

interface Ignored {
  readonly labels: readonly string[];
  readonly hosts: readonly string[];
  readonly owner: Winner;
}

/** The Problem of a port whose certificate or bind options do not count on virtual hosts that another app owns. */
export function sharedOptionsIgnored(front: Front, { labels, hosts, owner }: Ignored): Problem {
  const more = hosts.length > MOST_TOLD ? ` and ${hosts.length - MOST_TOLD} more` : '';
  return {
    code: 'route-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    ...(labels[0] !== undefined && { label: labels[0] }),
    message: `the https bind of ${hosts.slice(0, MOST_TOLD).join(', ')}${more} is that of ${wordsOf(owner)}, so ${labels.join(' and ')} ${labels.length > 1 ? 'have' : 'has'} no effect there`,
    hint: 'write it in the labels of that app, which has had the host first',
  };
}

/** The Problem of a port whose backend would have the name of an existing backend. */
export function sameName(front: Front, winner: Winner): Problem {
  return {
    code: 'port-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    message: `its backend would be named ${front.name}, like the backend of ${wordsOf(winner)}, so the port is left out`,
    hint: `give the port a different service port with servicePort or HAPROXY_${front.index}_PORT`,
  };
}

/** Names a port in words: 'port 0 of /shop', with the app's id in Marathon. */
export function wordsOf({ front: { app, author = app, index }, isAbsent }: Winner): string {
  return `port ${index} of ${author}${isAbsent ? ', which does not serve now but keeps what it had while it claims it' : ''}`;
}
