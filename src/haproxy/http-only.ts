import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';

/**
 * The Problems of ports that --group-https-by-vhost serves over http only: it finds the frontend of a host by the name in the TLS hello, which is no
 * address, and of which DEFAULT and the paths of all hosts name none.
 */
export function httpOnly(fronts: readonly Front[]): readonly Problem[] {
  return fronts.flatMap(({ app, index, table, routes }): readonly Problem[] => {
    const lost = table === undefined ? [] : routes.filter(({ host }) => host === '*' || host.startsWith('['));
    const [first] = lost;
    if (first === undefined) return [];
    const name = first.host !== '*' ? 'VHOST' : first.path === undefined ? 'DEFAULT' : 'PATH';
    const label = `HAPROXY_${index}_${name}`;
    const what = first.host === '*' ? 'requests for all other hosts have no frontend' : `${first.host} has no frontend`;
    return [
      {
        ...{ code: 'label-conflict', owner: { by: 'app', app, index }, label },
        message: `${label} has an effect over http only: under --group-https-by-vhost ${what}, because one is found by the name in the TLS hello`,
        hint: `name the hosts in HAPROXY_${index}_VHOST, wildcards too; or serve the app from a load balancer without --group-https-by-vhost`,
      },
    ];
  });
}
