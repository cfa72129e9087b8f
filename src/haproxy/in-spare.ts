import type { Fragment, InSpare } from '../model/document.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Front } from '../model/service.ts';
import { SPARES_MAP, type DocumentSettings } from './settings.ts';

/** Whether and how a spare backend can serve a port: by rows of map files alone, and not by rules that only a reload can bring. */
export function inSpareOf(front: Front, settings: DocumentSettings): InSpare {
  const { routes, table, weight, redirectToHttps } = front;
  const hosts = routes.map(({ host }) => host);
  const isMapped = settings.maps && !hasOwnRules(front.overrides) && !redirectToHttps && routes.every(({ path }) => path === undefined);
  const why = whyNot(front, settings);
  return {
    ...(why !== undefined && { why }),
    hosts: why !== undefined || table !== undefined || isMapped ? [] : hosts,
    claims: isMapped && why === undefined ? [] : hosts,
    isWild: hasOwnRules(front.overrides) || (table === undefined && hosts.some((host) => host.startsWith('*'))),
    weight,
  };
}

function whyNot(front: Front, { sharedFrontends, groupHttpsByVhost }: DocumentSettings): string | undefined {
  const { author, mode, routes, table, passthrough, auth, split, redirectToHttps, overrides } = front;
  if (mode !== 'http') return 'a spare backend serves http only';
  if (!sharedFrontends || routes.length === 0) return 'it has no virtual host by which a spare backend is reached';
  if (groupHttpsByVhost) return '--group-https-by-vhost gives its host a frontend of its own';
  if (author !== undefined) return 'deployments find the backend of their group by its name in the statistics';
  if (passthrough === true) return 'TLS is passed through to it';
  if (auth !== undefined) return 'HAPROXY_n_AUTH needs a list of users';
  if (split !== undefined) return 'it has a part in a split';
  if (hasOwnRules(overrides)) return 'its labels bring rules of their own for the shared frontends';
  if (table === 'regex') return 'HAPROXY_n_PATH_TYPE=regex needs a rule';
  if (table !== undefined) return undefined;
  if (redirectToHttps) return 'HAPROXY_n_REDIRECT_TO_HTTPS needs a rule';
  if (routes.some(({ path }) => path !== undefined)) return 'HAPROXY_n_PATH needs a rule';
  return routes.some(({ host }) => /^[*[]/.test(host)) ? 'its virtual host needs a rule' : undefined;
}

/**
 * The rule that leads virtual hosts to spare backends. It stands behind the rules and the map of apps that the file knows, so it sees only requests for
 * hosts that none of these has. With a map of hosts there is no need for it: a host has its row there.
 */
export function spareRule(host: string, { configFolder, maps, spareBackends = 0 }: DocumentSettings): readonly Fragment[] {
  if (spareBackends === 0 || maps) return [];
  const found = `${host},map_str(${configFolder}/${SPARES_MAP})`;
  return [{ template: 'spare backends', owner: { by: 'operator' }, text: `  use_backend %[${found}] if { ${found} -m found }\n` }];
}
