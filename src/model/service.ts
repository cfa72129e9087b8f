import type { AppId, BackendName, ServerName, TaskId } from './names.ts';

/** One service port of one app. A task that comes or goes makes another `backend`; `front` stays the same object. */
export interface Service {
  readonly front: Front;
  readonly backend: Backend;
}

/** How clients reach it: what the shared frontends and the port's own frontend are made of. */
export interface Front {
  readonly app: AppId;
  /** The app that Marathon has, where `app` is the name of a deployment group. */
  readonly author?: AppId;
  /** Port index: n in HAPROXY_n_ labels. */
  readonly index: number;
  readonly name: BackendName;
  /** The service port, after HAPROXY_n_PORT. */
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  /** None when another service has the port, or when its certificate can't be served: it is never bound without. */
  readonly bind: Bind | undefined;
  /** What can stand behind `crt`, where that is not just what `bind` names: HAProxy would refuse that one, or a part of it. */
  readonly certificates?: readonly string[];
  readonly routes: readonly Route[];
  readonly auth: Auth | undefined;
  readonly redirectToHttps: boolean;
  /** Order among the rules of the shared frontends: largest first. Not a share of traffic. */
  readonly weight: number;
  /** When its app's definition changed last; decides between two that claim one port or route. */
  readonly changedAt: string | undefined;
  readonly overrides: Overrides;
  /** What its labels ask for, where it did not get all of it. */
  readonly claimed?: Front;
}

/** Template texts from this port's labels, by template name. */
export type Overrides = Readonly<Record<string, string>>;

/** Where a port is bound. */
export interface Bind {
  /** `*`, an IPv4 or an IPv6 address in brackets. */
  readonly address: string;
  readonly port: number;
  readonly certificate: string | undefined;
  readonly options: string | undefined;
}

/** A virtual host, lower case, and the paths of it that are meant: arguments of `path_beg`, all when undefined. */
export interface Route {
  readonly host: string;
  readonly path: string | undefined;
}

/** Basic auth; `password` as HAProxy's userlist takes it (crypt). */
export interface Auth {
  readonly realm: string;
  readonly user: string;
  readonly password: string;
}

/** Where it leads. `options` stays the same object while only tasks change. */
export interface Backend {
  readonly options: BackendOptions;
  /** By host, address, port. */
  readonly servers: readonly Server[];
  /** Servers of tasks that are being killed. */
  readonly leaving: readonly ServerName[];
}

/** All of a backend but its servers. */
export interface BackendOptions {
  readonly balance: string;
  readonly sticky: boolean;
  readonly hsts: boolean;
  readonly proxyPassPath: string | undefined;
  readonly reverseProxyPath: string | undefined;
  readonly rootRedirect: string | undefined;
  /** Addresses and networks; everybody when empty. */
  readonly allowedNetworks: readonly string[];
  readonly check: Check | undefined;
}

/** HAProxy's own check of a backend's servers. */
export interface Check {
  readonly protocol: 'http' | 'tcp';
  /** As Marathon calls it: 'MESOS_HTTP'. */
  readonly marathonProtocol: string;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly gracePeriodSeconds: number;
  /** Failures until a server is taken out: Marathon's maxConsecutiveFailures + 1. */
  readonly falls: number;
  /** Another port than the server's own: a number, or the port index whose address each task has. */
  readonly at: { readonly port: number } | { readonly index: number } | undefined;
}

/** A task as HAProxy reaches it. */
export interface Server {
  readonly name: ServerName;
  /** HAProxy's, 1 … 32767. */
  readonly id: number;
  readonly task: TaskId;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Where its health check goes, when that is another port. */
  readonly checkPort: number | undefined;
  /** False when the backend's check is not this task's: it is of an older version of the app, which has another one. */
  readonly checked: boolean;
  readonly draining: boolean;
}

/** A port or task that does not serve, and why: what `explain` and the status page read. Nothing is left out without one. */
export interface LeftOut {
  readonly app: AppId;
  readonly index?: number;
  readonly task?: TaskId;
  readonly why: LeftOutReason;
}

/** Why a port or task does not serve. Each has its sentence in left-out.ts, and its row in docs/problems.md. */
export type LeftOutReason =
  | 'own-app' // the load balancer itself
  | 'group' // of none of this load balancer's groups
  | 'disabled' // HAPROXY_n_ENABLED, or strict mode without it
  | 'suspended' // no instances, no tasks
  | 'protocol' // UDP only
  | 'no-service-port' // neither given nor assigned
  | 'refused' // HAProxy refuses what its labels make
  | 'label' // a label that guards access could not be read
  | 'port-conflict' // another service has the backend's name or the bind
  | 'certificate' // its certificate can't be served
  | 'bounds' // the app has more ports than are served for one app
  | 'duplicate' // another task has its address and port
  | 'state' // the task does not run
  | 'unhealthy' // a check fails
  | 'health-unknown' // no check result yet
  | 'not-ready' // a readiness check of the running deployment has not passed
  | 'no-address' // no host or no container address yet
  | 'no-port'; // the task has no port with this index
