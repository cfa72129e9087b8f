import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import { readLists } from './folders.ts';
import { isWithin } from '../model/folders.ts';

/** The virtual hosts that the apps of a folder may claim: host patterns by folder. A host that no folder of an app lists is refused. */
export type Domains = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the text of the file of --domains: `{"/team-a": ["a.acme.org", "*.a.acme.org"], "/": ["www.acme.org"]}`. Throws an Error with a sentence when
 * the text has a different form.
 */
export function readDomains(text: string): Domains {
  const is = (word: string): boolean => /^(?:\*|(?:\*\.)?[a-z0-9_][a-z0-9_.-]{0,252})$/.test(word);
  return readLists(text, { is, example: '*.a.acme.org' });
}

/** Whether an app may claim a virtual host: a folder that the app is in, directly or further below, lists a pattern for the host. */
export function mayClaim(domains: Domains, app: AppId, host: string): boolean {
  return [...domains].some(([folder, patterns]) => isWithin(app, folder) && patterns.some((pattern) => matches(pattern, host)));
}

/** Whether a pattern matches a host. `*.acme.org` matches every host below acme.org at any depth, but not acme.org itself. */
function matches(pattern: string, host: string): boolean {
  return pattern === '*' || pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));
}

/** The Problem of a port that names virtual hosts its folder may not claim. */
export function notInDomains(app: AppId, index: number, hosts: readonly string[]): Problem {
  const told = hosts.slice(0, 10).join(', ');
  const more = hosts.length > 10 ? ` and ${hosts.length - 10} more` : '';
  return {
    code: 'domain-denied',
    owner: { by: 'app', app, index },
    label: `HAPROXY_${index}_VHOST`,
    message: `the apps of this folder may not claim ${told}${more}, so ${hosts.length > 1 ? 'they do' : 'it does'} not lead here`,
    hint: "choose one of your folder's hosts, or ask the operator of the load balancer to add the host to the file of --domains",
  };
}
