import type { AppId } from '../model/names.ts';
import type { Front } from '../model/service.ts';

/** So many different ports of this load balancer's own make an app count as a load balancer: a web app may ask for one of them. */
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
