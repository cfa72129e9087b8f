import type { AppId } from '../model/names.ts';
import type { Owner, Problem } from '../model/problem.ts';
import type { Overrides } from '../model/service.ts';
import type { Domains } from './domains.ts';
import type { GroupRule } from './group-members.ts';
import type { PortRange } from './ports.ts';

/** The operator's settings about which apps are served, and how. */
export interface ServiceSettings {
  readonly groups: readonly string[];
  /** Serves only ports with HAPROXY_n_ENABLED. */
  readonly strictMode: boolean;
  /** Serves only tasks that Marathon calls healthy, when their app has checks. */
  readonly healthCheck: boolean;
  /** The id of the load balancer's own app, when it runs in Marathon. */
  readonly ownApp: AppId | undefined;
  readonly portRange: PortRange;
  /** The address for ports without HAPROXY_n_BIND_ADDR. */
  readonly bindAddress: string;
  /** The templates that labels may override. */
  readonly templates: ReadonlySet<string>;
  /** Finds the Problems with the template texts in a port's labels. A text with a Problem counts as absent. */
  readonly templateProblems?: (by: { readonly owner: Owner; readonly overrides: Overrides }) => readonly Problem[];
  /** Which apps may be merged in a deployment group; by default the apps of one folder. */
  readonly deploymentGroups?: GroupRule;
  /** Which virtual hosts the apps of a folder may claim; all hosts when undefined. */
  readonly domains?: Domains;
  /** The folder of the pages that labels may name; undefined when there is none. */
  readonly errorPages?: string;
  /** True for --template-labels deny: templates in labels have no effect. */
  readonly templatesDenied: boolean;
}
