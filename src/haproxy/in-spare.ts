import type { Fragment, InSpare } from '../model/document.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Front, Route } from '../model/service.ts';
import type { Release } from '../model/release.ts';
import { takesBackends } from './classes.ts';
import { SPARE_PATHS_MAP, SPARE_REDIRECTS_MAP, SPARES_MAP, type DocumentSettings } from './settings.ts';

/**
 * Whether and how a port can be served before a reload, by a spare backend or by one that HAProxy makes: by rows of map files alone, and not by rules
 * that only a reload can bring.
 */
export function inSpareOf(front: Front, settings: DocumentSettings, release: Release): InSpare {
  const { routes, table, weight, redirectToHttps } = front;
  const hosts = routes.map(({ host }) => host);
  const [why, begins] = [
    whyNot(front, { ...settings, isMade: takesBackends(release) }),
    routes.flatMap((route) => beginningsOf(front, route)),
  ];
  const isMapped = settings.maps && !hasOwnRules(front.overrides) && routes.every(({ path }) => path === undefined);
  const isByPath = routes.some(({ path }) => path !== undefined);
  const byRule = why === undefined && table === undefined;
  return {
    ...(why !== undefined && { why }),
    hosts: byRule && !isMapped && !isByPath ? hosts : [],
    paths: byRule && isByPath ? begins : [],
    redirects: byRule && redirectToHttps ? begins : [],
    claims: isMapped && !redirectToHttps && why === undefined ? [] : begins,
    isWild: hasOwnRules(front.overrides) || (table === undefined && hosts.some((host) => host.startsWith('*'))),
    weight,
  };
}

/** Whether a port would have rules of its own in the shared frontends. */
export function isByRules({ inSpare }: { readonly inSpare?: InSpare }): boolean {
  return inSpare !== undefined && inSpare.hosts.length + inSpare.paths.length + inSpare.redirects.length > 0;
}

/** How the requests of a route begin: with its host and one of its paths. Of paths that are more than beginnings only the host is known. */
function beginningsOf({ table }: Front, { host, path }: Route): readonly string[] {
  return path === undefined || table !== undefined || !areBeginnings(path) ? [`${host}/`] : path.split(' ').map((one) => `${host}${one}`);
}

/** Whether a value of HAPROXY_n_PATH, which the rule gives to path_beg as it is, has no flags, quotes and escapes. */
function areBeginnings(path: string): boolean {
  return path.split(' ').every((one) => /^\/[^\s"'\\#]*$/.test(one));
}

interface WhyNotSettings extends Pick<DocumentSettings, 'sharedFrontends' | 'groupHttpsByVhost'> {
  /** Whether HAProxy makes backends, which have their own names, and needs no spare ones. */
  readonly isMade: boolean;
}

function whyNot(front: Front, { sharedFrontends, groupHttpsByVhost, isMade }: WhyNotSettings): string | undefined {
  const { author, mode, routes, passthrough, auth, split, overrides } = front;
  if (mode !== 'http') return 'it is not http, so that no row of a map can lead to it';
  if (!sharedFrontends) return 'there is no shared frontend whose maps could lead to it';
  if (routes.length === 0) return 'it has no virtual host, so that no row of a map can lead to it';
  if (groupHttpsByVhost) return '--group-https-by-vhost gives its host a frontend of its own';
  if (author !== undefined && !isMade) return 'deployments find the backend of their group by its name in the statistics';
  if (passthrough === true) return 'TLS is passed through to it';
  if (auth !== undefined) return 'HAPROXY_n_AUTH needs a list of users';
  if (split !== undefined) return 'it has a part in a split';
  if (hasOwnRules(overrides)) return 'its labels bring rules of their own for the shared frontends';
  return whyNotByRoutes(front);
}

function whyNotByRoutes({ routes, table, weight }: Front): string | undefined {
  if (table === 'regex') return 'HAPROXY_n_PATH_TYPE=regex needs a rule';
  if (table !== undefined) return undefined;
  const paths = routes.flatMap(({ path }) => path ?? []);
  if (!paths.every(areBeginnings)) return 'HAPROXY_n_PATH with a flag, a quote or an escape needs a rule';
  if (paths.length > 0 && weight < 0) return 'HAPROXY_n_PATH with a negative weight needs a rule';
  return routes.some(({ host }) => /^[*[]/.test(host)) ? 'its virtual host needs a rule' : undefined;
}

/** The lines of a shared frontend that lead to spare backends, by their place among the rules. */
export interface SpareLines {
  /** Before all rules: what the other lines look up, and the redirects to https. */
  readonly first: readonly Fragment[];
  /** Behind the rules with weight 0 and above: paths. Without a reload an app gets only requests that none of the rules before takes. */
  readonly paths: readonly Fragment[];
  /** Behind the map of hosts: virtual hosts. With that map there is no need for it: a host has its row there. */
  readonly hosts: readonly Fragment[];
}

const NONE: SpareLines = { first: [], paths: [], hosts: [] };

/** The lines for one shared frontend. `host`: the sample that is compared with virtual hosts; `redirects`: whether requests are redirected to https. */
export function spareLines(host: string, settings: DocumentSettings, { redirects = false } = {}): SpareLines {
  const { configFolder, maps, spareBackends = 0, groupHttpsByVhost } = settings;
  if (spareBackends === 0) return NONE;
  const [inHosts, inPaths, inRedirects] = [
    `${host},map_str(${configFolder}/${SPARES_MAP})`,
    `var(txn.mlb_asked),map_beg(${configFolder}/${SPARE_PATHS_MAP})`,
    `var(txn.mlb_asked),map_beg(${configFolder}/${SPARE_REDIRECTS_MAP})`,
  ];
  const use = (found: string): readonly Fragment[] => [ofOperator(`use_backend %[${found}] if { ${found} -m found }`)];
  const asked = [
    `http-request set-var(txn.mlb_asked_path) path`,
    `http-request set-var(txn.mlb_asked) ${host},concat(,txn.mlb_asked_path)`,
  ];
  const redirect = `http-request redirect scheme https code 301 if !{ ssl_fc } { ${inRedirects} -m found }`;
  return {
    first: groupHttpsByVhost ? [] : [ofOperator(...asked, ...(redirects ? [redirect] : []))],
    paths: groupHttpsByVhost ? [] : use(inPaths),
    hosts: maps ? [] : use(inHosts),
  };
}

function ofOperator(...lines: readonly string[]): Fragment {
  return { template: 'spare backends', owner: { by: 'operator' }, text: lines.map((line) => `  ${line}\n`).join('') };
}
