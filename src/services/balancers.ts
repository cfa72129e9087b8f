import type { AppId } from '../model/names.ts';
import type { Front } from '../model/service.ts';

/** An app that asks for this many of the load balancer's own ports counts as a load balancer. A web app may well ask for one of them. */
const LEAST = 2;

/**
 * The apps that look like load balancers, because they ask for this one's own ports. Under `--group '*'` they are among the apps, and ask for
 * every service port that they would bind themselves. `ours`: the ports that the load balancer binds itself.
 */
export function balancersOf(fronts: readonly Front[], ours: ReadonlySet<number>): ReadonlySet<AppId> {
  const asked = new Map<AppId, Set<number>>();
  for (const { app, bind, port } of fronts) {
    if (bind === undefined || !ours.has(port)) continue;
    const ports = asked.get(app);
    if (ports === undefined) asked.set(app, new Set([port]));
    else ports.add(port);
  }
  return new Set([...asked].flatMap(([app, ports]) => (ports.size >= LEAST ? [app] : [])));
}
