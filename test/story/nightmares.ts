import { makePlan } from '../../src/plan/plan.ts';
import { linesOfFragments } from '../../src/blame/fragment-lines.ts';
import type { View } from '../../src/model/view.ts';
import type { Document, Plan } from '../../src/model/document.ts';
import { filesOf } from '../golden/cases.ts';
import { nginx, task, type Json } from './cluster.ts';

export const CHECKED = { healthChecks: [{ protocol: 'HTTP', path: '/health', portIndex: 0 }] };

/** The tutorial's app with one task, and these labels beside its own. */
export function labelled(labels: Json, given: Json = {}): Json {
  return nginx([task(1)], { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', ...labels }, ...given });
}

/** An app beside the tutorial's, with a port, a virtual host and a task of its own. */
export function other(id: string, port: number, given: Json = {}, labels: Json = {}): Json {
  return nginx([task(port - 10_000, { id: `${id.slice(1)}.0001` })], {
    id,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `${id.slice(1)}.acme.org`, ...labels },
    container: { portMappings: [{ containerPort: 80, servicePort: port }] },
    ...given,
  });
}

const plan = makePlan({ mapFolder: '/etc/haproxy' });

/** The way from a HAProxy 2.6 that runs just what the first view wants. */
export function planned(before: View, after: View): Plan {
  const running = { document: before.document, exceptions: new Map(), lost: new Map() };
  return plan({ running, wanted: after.document, release: { major: 2, minor: 6 } });
}

/** Where each virtual host leads. */
export const hosts = ({ document }: View): unknown => Object.fromEntries(document.maps['domain2backend.map'] ?? []);
export const codes = ({ problems }: View): readonly string[] => problems.map(({ code }) => code);
/** `/nginx refused`, `nginx.0001 state`. */
export const why = ({ leftOut }: View): readonly string[] => leftOut.map((one) => `${one.task ?? one.app} ${one.why}`);
export const config = (view: View): string => filesOf(view).get('haproxy.cfg') ?? '';

/** All text of an app, with the sections that it stands in. */
export function linesOf(document: Document, app: string): string {
  const rows = linesOfFragments(document).filter(({ fragment: { owner } }) => owner.by === 'app' && owner.app === app);
  return rows.map(({ section, fragment }) => `${section.name}: ${fragment.text}`).join('');
}
