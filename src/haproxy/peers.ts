import type { Section } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import { isAtLeast } from './release.ts';
import { cleaned } from './routes.ts';
import type { DocumentSettings } from './settings.ts';

/** The name of the section by which a HAProxy hands its counts on. */
export const PEERS = 'marathon_lb';

/** Whether counts outlive a reload. HAProxy 2.6 ends before it has handed them on, over whatever socket [haproxy 2.6, tried]. */
export function keepsCounts(release: Release): boolean {
  return isAtLeast(release, 3, 0);
}

/**
 * The section by which a HAProxy that ends hands its counts on to the next one, over a socket in memory. The socket has the name of the stats port's
 * address, so that two load balancers on one machine do not share it. HAProxy knows itself by the name that it puts into the variable.
 */
export function makePeers({ bindAddress, ports }: Pick<DocumentSettings, 'bindAddress' | 'ports'>): Section {
  const socket = `abns@marathon_lb_peers_${cleaned(bindAddress)}_${ports.stats}`;
  const text = `\npeers ${PEERS}\n  peer "$HAPROXY_LOCALPEER" ${socket}\n`;
  return { name: `peers ${PEERS}`, fragments: [{ template: 'counts over a reload', owner: { by: 'operator' }, text }] };
}
