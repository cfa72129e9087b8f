import type { BackendSection, Fragment, Section } from '../model/document.ts';
import type { ServerName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { withCheckRequest } from './check-request.ts';
import { patient, saysInitAddr } from './host-names.ts';
import { isAtLeast } from './release.ts';

/** What decides how the texts of templates other than the default ones are amended. */
export interface Amending {
  readonly release: Release;
  /** The head says what is to be done with host names that do not resolve. */
  readonly headSays: boolean;
}

/**
 * Rewrites the parts of a section that come from a label's or the operator's template: lines that the running release of HAProxy refuses, but older
 * ones accept, and host names that may not resolve for a while. The default templates need neither, so most sections stay the same object.
 */
export function amended<Any extends Section | BackendSection>(given: Any, { release, headSays }: Amending): Any {
  const all = [...given.fragments, ...('servers' in given ? given.servers.values() : [])].filter(isOwn);
  if (all.length === 0) return given;
  const isPatient = !headSays && !all.some(({ text }) => saysInitAddr(text));
  const amend = (fragment: Fragment): Fragment => {
    if (!isOwn(fragment)) return fragment;
    const served = release.lacksExporter === true ? withoutExporter(fragment.text) : fragment.text;
    const asked = isAtLeast(release, 3, 0) ? withCheckRequest(served) : served;
    const text = isPatient ? patient(asked) : asked;
    return text === fragment.text ? fragment : { ...fragment, text };
  };
  const fragments = given.fragments.map(amend);
  const isSame = fragments.every((one, i) => one === given.fragments[i]);
  if (!('servers' in given)) return isSame ? given : { ...given, fragments };
  const servers = Array.from(given.servers, ([name, line]): [ServerName, Fragment] => [name, amend(line)]);
  return isSame && servers.every(([name, line]) => given.servers.get(name) === line)
    ? given
    : { ...given, fragments, servers: new Map(servers) };
}

/** Removes the lines that need the Prometheus exporter, because a HAProxy that was built without it refuses them. */
function withoutExporter(text: string): string {
  return text.replace(/^[ \t]*http-request[ \t]+use-service[ \t]+prometheus-exporter\b.*\n?/gm, '');
}

/** Whether a fragment may be of a template that is no default one: of the operator's own sections that is not known. */
function isOwn({ owner, label, standard }: Fragment): boolean {
  return owner.by === 'operator' || label !== undefined || standard !== undefined;
}
