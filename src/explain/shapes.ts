import type { AppId, BackendName, TaskId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { LeftOutReason } from '../model/left-out.ts';
import type { ClaimReason, NoAnswerReason } from './no-answer.ts';
import type { Health, Network, Readiness } from '../model/snapshot.ts';
import type { SplitShare } from './split-shares.ts';

/** Why a port or task does not serve. */
export interface Reasoned {
  readonly why: LeftOutReason;
  /** The same in a sentence. */
  readonly text: string;
}

/** What is known of one app: what of it serves and what does not, and why. The JSON of `/v1/apps/{id}` and `explain --json`. */
export interface AppExplanation {
  readonly kind: 'app';
  readonly app: AppId;
  /** Whether at least one of its ports is reached and has a server. */
  readonly served: boolean;
  /** The name of the deployment group under which it is served; null where it is served as itself. */
  readonly servedAs: AppId | null;
  /** How many tasks Marathon is to keep running. */
  readonly instances: number;
  readonly network: Network;
  readonly ports: readonly PortExplanation[];
  readonly tasks: readonly TaskExplanation[];
  /** Marathon's health checks, in words. */
  readonly checks: readonly string[];
  readonly labels: readonly LabelExplanation[];
  readonly problems: readonly Problem[];
  /** What concerns everything, such as a configuration that HAProxy refuses. */
  readonly loadBalancer: readonly Problem[];
}

/** One port of an app. */
export interface PortExplanation {
  /** The id under which it is served: an app's, or a deployment group's. */
  readonly app: AppId;
  /** The app whose labels count for it. */
  readonly author: AppId;
  /** Port index: n in HAPROXY_n_ labels. */
  readonly index: number;
  /** What the load balancer binds, or would bind, for it; null where it has none. */
  readonly servicePort: number | null;
  readonly mode: 'http' | 'tcp' | null;
  readonly backend: BackendName | null;
  /** The spare backend that serves in its place until the next reload; null where none does, or where it is not known what HAProxy runs. */
  readonly spare: BackendName | null;
  /** Whether it is reached in one way or another, and has a server. */
  readonly served: boolean;
  /** Its own bind, `*:10004`; null where it has none. */
  readonly bind: string | null;
  readonly routes: readonly RouteOfPort[];
  /** The virtual hosts that its label names and that do not lead here. */
  readonly lostHosts: readonly string[];
  /** Whether the shared frontends ask for a user and password. */
  readonly auth: boolean;
  readonly redirectToHttps: boolean;
  /** Networks whose clients alone are let through; empty: everybody. */
  readonly allowedNetworks: readonly string[];
  readonly servers: readonly ServerExplanation[];
  /** Rules of shared frontends and rows of map files that lead here, as they are rendered. */
  readonly rules: readonly RuleExplanation[];
  /** Why it is left out, in whole or in part. */
  readonly leftOut: readonly Reasoned[];
}

/** A virtual host of a port, and its paths as arguments of path_beg. */
export interface RouteOfPort {
  readonly host: string;
  readonly path: string | null;
}

/** A rule or map row, as it stands in HAProxy's files. */
export interface RuleExplanation {
  /** The section or map file. */
  readonly where: string;
  readonly line: string;
  /** The label that the text itself came from; null where a template of the load balancer's made it. */
  readonly label: string | null;
}

/** A server of a port's backend. */
export interface ServerExplanation {
  readonly name: string;
  readonly task: TaskId;
  readonly address: string;
  readonly port: number;
  readonly state: 'serves' | 'draining';
}

/** One task of an app, and where it serves. */
export interface TaskExplanation {
  readonly task: TaskId;
  readonly state: string;
  readonly health: Health;
  /** When a check that fails now has passed for the last time, ISO 8601; null where none fails, or where it never passed. */
  readonly passedUntil: string | null;
  readonly readiness: Readiness;
  readonly host: string;
  readonly addresses: readonly string[];
  /** When it began to run, ISO 8601; null when Marathon does not say. */
  readonly startedAt: string | null;
  readonly version: string | null;
  /** The indexes of the ports that it serves. */
  readonly serves: readonly number[];
  readonly draining: boolean;
  /** Why it does not serve; with a port's index where it is about that one alone. */
  readonly leftOut: readonly (Reasoned & { readonly port: number | null })[];
}

/** A HAPROXY_ label of an app. */
export interface LabelExplanation {
  readonly name: string;
  /** `***` where it may hold a secret. */
  readonly value: string;
  readonly counts: 'yes' | 'partly' | 'no';
  /** What is wrong with it; null where nothing is. */
  readonly problem: string | null;
}

/** What becomes of a request for a host and path. The JSON of `/v1/routes?host=&path=` and `explain --json`. */
export interface RouteExplanation {
  readonly kind: 'route';
  readonly host: string;
  readonly path: string;
  /** Whether a server answers it, over http or https. */
  readonly served: boolean;
  /** By the shared http frontend; null where there is none. */
  readonly http: AnswerExplanation | null;
  /** By the shared https frontend; null where there is none. */
  readonly https: AnswerExplanation | null;
  /** Ports whose labels name the host and that do not answer this request, and why not. */
  readonly others: readonly ClaimExplanation[];
  /** Virtual hosts whose names are nearest; only where no app names the host. */
  readonly nearest: readonly string[];
  /** What was probably asked for, in place of a host that no app names: '/shop' or ':10004'. */
  readonly meant: string | null;
  readonly problems: readonly Problem[];
  readonly loadBalancer: readonly Problem[];
}

/** What a frontend makes of a request. */
export interface AnswerExplanation {
  readonly action: 'backend' | 'redirect' | 'deny' | 'nothing';
  readonly served: boolean;
  /** The rule that decides, or the row of a map file; null where none takes the request. */
  readonly rule: RuleExplanation | null;
  /** The labels that the rule follows from. */
  readonly labels: readonly string[];
  readonly backend: string | null;
  /** The backends that share the requests by weight, the largest share first; empty where there is one alone. */
  readonly split: readonly SplitShare[];
  /** The port of the backend; null where the backend is no app's. */
  readonly port: PortExplanation | null;
  /** The tasks of the port's app; only where it has no server. */
  readonly tasks: readonly TaskExplanation[];
  /** Marathon's health checks of that app, in words; only where it has no server. */
  readonly checks: readonly string[];
  /** Whether a user and password are asked for. */
  readonly auth: boolean;
  /** Rules before that one whose conditions can't be judged here: they may take the request first. */
  readonly unsure: readonly RuleExplanation[];
  /** Why no server answers; null where one does. */
  readonly why: NoAnswerReason | null;
  /** The same in a sentence. */
  readonly text: string | null;
}

/** A port whose labels claim a host, path or service port that it did not get. */
export interface ClaimExplanation {
  readonly app: AppId;
  readonly index: number;
  readonly why: ClaimReason;
  readonly text: string;
  /** Why the whole port is left out; empty where it is not. */
  readonly leftOut: readonly Reasoned[];
}

/** Who answers on a port of the load balancer. The JSON of `explain :PORT --json`. */
export interface BindExplanation {
  readonly kind: 'port';
  readonly port: number;
  readonly served: boolean;
  /** The frontends that bind it. */
  readonly binds: readonly FrontendExplanation[];
  /** Ports of apps that claim it in vain, and why. */
  readonly others: readonly ClaimExplanation[];
  /** Which other process has it; empty where none has. */
  readonly taken: readonly string[];
  readonly problems: readonly Problem[];
  readonly loadBalancer: readonly Problem[];
}

/** A frontend that binds a port. */
export interface FrontendExplanation {
  /** The section: `frontend shop_10004`. */
  readonly section: string;
  /** True when host, path or app id decide which backend answers, so that there is no single answer for the port. */
  readonly shared: boolean;
  readonly answer: AnswerExplanation | null;
}

/** The answer to a question. */
export type Explanation = AppExplanation | RouteExplanation | BindExplanation;
