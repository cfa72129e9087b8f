import type { AppId } from './names.ts';

/** Who can change something: the owner of an app or of one of its ports, or the operator (flags, global templates). */
export type Owner = { readonly by: 'operator' } | { readonly by: 'app'; readonly app: AppId; readonly index?: number };

/** A port of an app, as an owner. */
export type AppOwner = Extract<Owner, { readonly by: 'app' }>;

/** The kind of problem, as a word that alerts and dashboards can use. Each has a row in docs/problems.md. */
export type ProblemCode =
  | 'app-not-readable' // an app's JSON is not what Marathon sends
  | 'label-unknown' // a HAPROXY_ label that means nothing here
  | 'label-value' // a value outside its label's grammar
  | 'label-conflict' // a label that has no effect beside a second label
  | 'port-conflict' // a different service has the port, or two ports have the same backend name
  | 'route-conflict' // a different service has the virtual host
  | 'health-check' // a health check that HAProxy can't make itself
  | 'ports-exhausted' // no port is left in the range for apps without a service port
  | 'refused-by-haproxy' // HAProxy refused the configuration
  | 'template-denied' // a label has a template that the operator does not allow
  | 'template' // a template can't be used, and the default one is used instead
  | 'http3' // --http3 is given, and HAProxy can't serve HTTP/3
  | 'name-unresolved' // the host name of a server does not resolve
  | 'certificate' // a certificate can't be used
  | 'file' // a file that a label names, other than a certificate, can't be used
  | 'deployment-group' // apps of several folders name the same deployment group
  | 'domain-denied' // the operator has not allowed the virtual host for the app's folder
  | 'shadowed' // an app of another folder takes requests of the same virtual host first
  | 'bounds' // an app has more ports, hosts, paths or label text than are allowed
  | 'dns-name' // an app's id does not make a valid DNS name
  | 'dns-name-shared' // two apps have the same DNS name
  | 'losses-held' // most servers are missing in Marathon's answer without an explanation
  | 'stale'; // Marathon can't be read, and its last known answer is served

/** What is wrong with an app or a template, told to the person who can fix it. It is data and never thrown. */
export interface Problem {
  readonly code: ProblemCode;
  readonly owner: Owner;
  /** The label as it is written in the app definition: HAPROXY_0_BALANCE. */
  readonly label?: string;
  /** What was found, as a sentence without a period. */
  readonly message: string;
  /** What to write or do instead, as a sentence without a period. */
  readonly hint: string;
}
