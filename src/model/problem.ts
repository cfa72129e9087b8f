import type { AppId } from './names.ts';

/** Whose text or decision something is: an app's port, or the operator's (flags, global templates). */
export type Owner = { readonly by: 'operator' } | { readonly by: 'app'; readonly app: AppId; readonly index?: number };

/** What kind of thing is wrong, as a word that alerts and dashboards can name. Each has its sentence in docs/problems.md. */
export type ProblemCode =
  | 'app-not-readable' // an app's JSON is not what Marathon sends
  | 'label-unknown' // a HAPROXY_ label that means nothing here
  | 'label-value' // a value outside its label's grammar
  | 'port-conflict' // another service has the port, or two ports make one backend
  | 'route-conflict' // another service has the virtual host
  | 'health-check' // a health check that HAProxy can't repeat
  | 'ports-exhausted' // no port is left in the range for apps without service ports
  | 'refused-by-haproxy' // `haproxy -c` did not take the configuration
  | 'template-denied' // a template in a label, where the operator takes none
  | 'template' // a template that can't be used: the default one stands in its place
  | 'certificate' // a certificate that can't be read
  | 'deployment-group' // apps of several folders name one deployment group
  | 'domain-denied' // a virtual host that the operator has not given to the app's folder
  | 'shadowed' // an app of another folder takes requests of the same virtual host first
  | 'bounds' // an app has more ports, hosts, paths or label text than count
  | 'dns-name' // an app's id makes a name that DNS can't have
  | 'dns-name-shared' // two apps make one DNS name
  | 'losses-held' // most servers are missing in Marathon's answer, and nothing explains it
  | 'stale'; // Marathon can't be read, since the start or for a while: what was known before serves

/** What is wrong with somebody's app or template, told to people. Never an exception. */
export interface Problem {
  readonly code: ProblemCode;
  readonly owner: Owner;
  /** The label as it stands in the app definition: HAPROXY_0_BALANCE. */
  readonly label?: string;
  /** What was found, in a sentence without its period. */
  readonly message: string;
  /** What to write or do instead. */
  readonly hint: string;
}
