import type { Section } from '../model/document.ts';
import { SPARES_MAP, type DocumentSettings } from './settings.ts';

/** The backend that leads to the daemon's socket. It has a prefix of our own, so that nobody takes it for an app's. */
export const DAEMON_BACKEND = 'marathon_lb_daemon';

/** The backend that has HAProxy read the map of spare backends. */
const NOTES_BACKEND = 'marathon_lb_spares';

/** Whether a section, by its first line, is a backend of our own and not of a service. */
export function isOwnBackend(name: string): boolean {
  return name === `backend ${DAEMON_BACKEND}` || name === `backend ${NOTES_BACKEND}`;
}

/**
 * Renders the backend behind the paths of the stats port that the daemon answers. marathon-lb 1.15 does not look at the method, so every request
 * but HEAD is a GET here. A daemon that is away is a 503 at once. The networks are looked at here too, because a HAPROXY_HEAD of the operator's may
 * lead here as well.
 */
export function makeDaemonBackend({ adminSocket, adminNetworks }: Pick<DocumentSettings, 'adminSocket' | 'adminNetworks'>): Section {
  const name = `backend ${DAEMON_BACKEND}`;
  const lines = [
    '',
    name,
    '  mode http',
    '  retries 0',
    '  timeout connect 1s',
    '  timeout server 60s',
    ...adminNetworks.map((network) => `  acl is_near src ${network}`),
    ...(adminNetworks.length > 0 ? ['  http-request deny unless is_near'] : []),
    '  http-request set-method GET unless { method GET HEAD }',
    `  server daemon unix@${adminSocket}`,
  ];
  return { name, fragments: [{ template: 'HAPROXY_HEAD', owner: { by: 'operator' }, text: `${lines.join('\n')}\n` }] };
}

/**
 * Renders a backend that gets no requests. HAProxy keeps only maps that a rule reads, and the rule of this backend keeps the map in which HAProxy
 * remembers which port each spare backend serves.
 */
export function makeNotesBackend({ configFolder }: Pick<DocumentSettings, 'configFolder'>): Section {
  const name = `backend ${NOTES_BACKEND}`;
  const lines = ['', name, '  mode http', `  http-request set-var(txn.marathon_lb_spare) path,map_str(${configFolder}/${SPARES_MAP})`];
  return { name, fragments: [{ template: 'spare backends', owner: { by: 'operator' }, text: `${lines.join('\n')}\n` }] };
}
