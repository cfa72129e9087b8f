import type { AppId, BackendName, ServerName, TaskId } from './names.ts';
import type { AppOwner } from './problem.ts';
import type { Cors, Traffic } from './traffic.ts';

/** One service port of one app. When a task comes or goes, `backend` is a new object and `front` stays the same object. */
export interface Service {
  readonly front: Front;
  readonly backend: Backend;
}

/** How clients reach a service: everything that the shared frontends and the port's own frontend are rendered from. */
export interface Front {
  readonly app: AppId;
  /** The app in Marathon, when `app` is the name of a deployment group. */
  readonly author?: AppId;
  /** The port index: n in HAPROXY_n_ labels. */
  readonly index: number;
  readonly name: BackendName;
  /** The service port; HAPROXY_n_PORT overrides the app definition. 0 for an endpoint of a pod that is reached by its virtual hosts alone. */
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  /** Undefined when a different service has the port, when there is no service port, or when the service's certificate can't be used, since a port never opens without its TLS. */
  readonly bind: Bind | undefined;
  /** The paths to write after `crt`, when HAProxy would refuse all or part of the certificate that `bind` names. */
  readonly certificates?: readonly string[];
  /** The bind options to write instead of those in `bind`, when one of their files is served from a copy. */
  readonly bindOptions?: string;
  /** Set when a file of the bind options can't be used. The port is then not bound, and its hosts are not served by the shared frontends either. */
  readonly isWithheld?: true;
  /** Virtual hosts that belong to another app: under --group-https-by-vhost their https bind has nothing of this port's. */
  readonly guestAt?: readonly string[];
  /** The files that the labels name. */
  readonly files?: readonly FileOfLabel[];
  /** The limits that are changed without a reload. */
  readonly limits?: Limits;
  /** The pages that HAProxy answers with in place of its own, without those whose files can't be used. */
  readonly pages?: readonly ErrorPage[];
  /** What the port's clients must bring to a TLS connection. */
  readonly clientTls?: ClientTls;
  /** How long a client may be silent, in milliseconds; undefined for the operator's time. */
  readonly clientTimeout?: number;
  readonly routes: readonly Route[];
  /** Set when the routes stand in the routing table, which is made of map files, and not in rules of the shared frontends. */
  readonly table?: PathType;
  /** Set when TLS for the hosts is not ended here: connections go to the app as they are, by the name in the TLS hello. */
  readonly passthrough?: true;
  /** The split of the traffic of its routes that the port takes part in. */
  readonly split?: Split;
  readonly auth: BasicAuth | undefined;
  /** Set where a password is asked for and pages of other origins may use the port. */
  readonly preflight?: Preflight;
  readonly redirectToHttps: boolean;
  /** The order among the rules of the shared frontends, largest first. It is not a share of the traffic. */
  readonly weight: number;
  /** When the app's definition was last changed, ISO 8601. The older app wins when two apps claim the same port or route. */
  readonly changedAt: string | undefined;
  readonly overrides: Overrides;
  /** What the labels ask for, when the service did not get all of it. */
  readonly claimed?: Front;
  /** Set for a port that is left out for a fault: its hosts are answered 503, so that no request for them goes to somebody else. */
  readonly isShut?: true;
}

/** What clients must bring to a TLS connection. */
export interface ClientTls {
  /** The lowest version of TLS. */
  readonly min?: '1.0' | '1.1' | '1.2' | '1.3';
  /** The file of the authorities that sign the certificates of clients. */
  readonly ca?: string;
  /** Whether a client may come without a certificate; there with `ca`. */
  readonly verify?: 'required' | 'optional';
  /** Hosts whose TLS handshake is that of other ports: below a wildcard of this port, or of a different folder. No request for them is let in here. */
  readonly notAt?: readonly string[];
}

/** Template texts from this port's labels, by template name. */
export type Overrides = Readonly<Record<string, string>>;

/** The address and port that a service's own frontend listens on. */
export interface Bind {
  /** `*`, an IPv4 address, or an IPv6 address in brackets. */
  readonly address: string;
  readonly port: number;
  readonly certificate: string | undefined;
  readonly options: string | undefined;
}

/** A file that a label names. */
export interface FileOfLabel {
  /** The name that `fileName` makes. */
  readonly file: string;
  /** The label as it is written in the app definition: HAPROXY_0_SSL_CERT. */
  readonly label: string;
  /** Which label it is: SSL_CERT, BIND_OPTIONS, an ERROR_PAGE, or a template or another label of the backend. */
  readonly in: 'certificate' | 'options' | 'page' | 'template';
}

/** The statuses for which a label may name a page. */
export const ERROR_STATUSES = [403, 413, 429, 500, 502, 503, 504] as const;

/** A status of HAProxy's own answers. */
export type ErrorStatus = (typeof ERROR_STATUSES)[number];

/** What is limited: requests of a client in the time of RATE_LIMIT, connections at the app, bytes of a body. */
export type LimitKind = 'rate' | 'connections' | 'body';

/** The most of each kind. */
export type Limits = Readonly<Partial<Record<LimitKind, number>>>;

/** A page that HAProxy answers with in place of its own. */
export interface ErrorPage {
  readonly status: ErrorStatus;
  /** The file that HAProxy reads. */
  readonly file: string;
  /** Its Content-Type. */
  readonly type: string;
}

/**
 * A virtual host in lower case, `*.` and a domain for all hosts below the domain, or `*` for all hosts that have no route; and a path prefix (the argument of `path_beg`); undefined means all paths. */
export interface Route {
  readonly host: string;
  readonly path: string | undefined;
}

/**
 * How a path of the routing table is compared: `prefix` by bytes (`/app` matches `/apple`), `segment` by whole parts (`/app` and `/app/x`), `exact`,
 * or as a regular expression.
 */
export type PathType = 'prefix' | 'segment' | 'exact' | 'regex';

/** The part of a port in a split: several ports have the same route, and each gets its share of the requests. */
export interface Split {
  /** The folder and the name of the split: ports with the same key share their routes. */
  readonly key: string;
  /** 0 to 100; undefined for an equal part of what the others leave of 100. */
  readonly weight: number | undefined;
  /** Set while the port has no servers: it then gets no share. */
  readonly isIdle?: true;
}

/** Basic auth. `password` is a crypt(3) hash, as HAProxy's userlist takes it. */
export interface BasicAuth {
  readonly realm: string;
  readonly user: string;
  readonly password: string;
}

/** The preflight requests of browsers (CORS) that are answered before a password is asked for, and the clients whose are. */
export interface Preflight {
  readonly cors: Cors;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** BACKEND_NETWORK_ALLOWED_ACL; empty means everybody. */
  readonly networks: readonly string[];
}

/** Where a service sends requests. `options` stays the same object while only tasks change. */
export interface Backend {
  readonly options: BackendOptions;
  /** In order of host, address and port. */
  readonly servers: readonly Server[];
  /** Servers of tasks that are being killed. */
  readonly leaving: readonly ServerName[];
  /** Set when a different port lends it servers, also while that port has none. */
  readonly isBackedUp?: true;
}

/** Everything about a backend except its servers. */
export interface BackendOptions {
  readonly balance: string;
  readonly sticky: boolean;
  readonly hsts: boolean;
  readonly proxyPassPath: string | undefined;
  readonly reverseProxyPath: string | undefined;
  readonly rootRedirect: string | undefined;
  /** The addresses and networks that may use it; empty means everybody. */
  readonly allowedNetworks: readonly string[];
  readonly check: Check | undefined;
  /** What the labels say that stand instead of templates; absent when there are none. */
  readonly traffic?: Traffic;
}

/** HAProxy's own check of a backend's servers. */
export interface Check {
  readonly protocol: 'http' | 'tcp';
  /** Marathon's name for the protocol: 'MESOS_HTTP'. */
  readonly marathonProtocol: string;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly gracePeriodSeconds: number;
  /** How many failures take a server out: Marathon's maxConsecutiveFailures + 1. */
  readonly falls: number;
  /** The port to check, if it is not the server's own port: a port number, or the index of one of the task's ports. */
  readonly at: { readonly port: number } | { readonly index: number } | undefined;
  /** Set when HAPROXY_n_HEALTH_PATH gives the path. */
  readonly fromLabel?: true;
}

/** A task as HAProxy reaches it. */
export interface Server {
  readonly name: ServerName;
  /** HAProxy's id of the server, 1 … 32767. */
  readonly id: number;
  readonly task: TaskId;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** The port that its health check uses, when that is not `port`. */
  readonly checkPort: number | undefined;
  /** False when the backend's check does not fit this task, because the task is of an older version of the app with a different check. */
  readonly checked: boolean;
  readonly draining: boolean;
  /** Set for a server of a different app that stands in while all others are down: the port that lends it, and what its labels say. */
  readonly lent?: { readonly by: AppOwner; readonly traffic: Traffic };
}

/** A port of an app in Marathon. */
export interface PortOfApp {
  readonly app: AppId;
  readonly index: number;
}
