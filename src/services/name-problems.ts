import type { UnresolvedServer } from '../model/document.ts';
import type { Problem } from '../model/problem.ts';
import type { Service } from '../model/service.ts';

/** A Problem for each server whose host name does not resolve. It goes to the app whose label names the host, else to the operator. */
export function nameProblems(unresolved: readonly UnresolvedServer[], services: readonly Service[]): readonly Problem[] {
  if (unresolved.length === 0) return [];
  return unresolved.map(({ backend, server, host }): Problem => {
    const service = services.find(({ front }) => front.name === backend);
    return {
      code: 'name-unresolved',
      ...ownerOf(service, host),
      message: `the host name ${host} of the server ${server} in ${backend} does not resolve, so that HAProxy has no address for the server, and it gets no requests`,
      hint: 'look at the DNS or at /etc/hosts on the load balancer; the name is tried again by itself, and all other servers serve meanwhile',
    };
  });
}

function ownerOf(service: Service | undefined, host: string): Pick<Problem, 'owner' | 'label'> {
  if (service === undefined) return { owner: { by: 'operator' } };
  const { app, index, overrides } = service.front;
  const [template] = Object.entries(overrides).find(([, text]) => text.includes(host)) ?? [];
  const label = template?.replace(/^HAPROXY_/, `HAPROXY_${index}_`);
  return { owner: { by: 'app', app, index }, ...(label !== undefined && { label }) };
}
