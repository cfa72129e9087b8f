import { byText } from '../lib/lists.ts';
import type { Fragment, Section } from '../model/document.ts';
import type { Front } from '../model/service.ts';
import { cleaned, type RouteRules } from './routes.ts';
import { bindOptionsOf, certificatesOf, crt, sharedCrt } from './crt-list.ts';
import { section } from './section.ts';
import type { DocumentSettings } from './settings.ts';
import type { Templates } from './templates.ts';

/** A front with its rules. Lists of these are ordered by weight. */
interface Ruled {
  readonly front: Front;
  readonly rules: RouteRules;
}

/** Renders one https frontend for all hosts. */
export function sharedHttps(byWeight: readonly Ruled[], templates: Templates, settings: DocumentSettings): Section {
  const { bindAddress: bindAddr, ports, configFolder } = settings;
  const head = templates.render('HAPROXY_HTTPS_FRONTEND_HEAD', { bindAddr, port: String(ports.https), sslCerts: sharedCrt(settings) });
  const map = templates.render('HAPROXY_MAP_HTTPS_FRONTEND_ACL', { haproxy_dir: configFolder });
  const rules = byWeight.map(({ front, rules: { https } }) => ({
    weight: front.weight,
    fragments: [...https.before, ...https.hosts.flatMap(({ fragments }) => fragments)],
  }));
  const all = withMap({ rules, map: byWeight.some(({ rules: { mapped } }) => mapped.https.length > 0) ? [map] : [] });
  return section([head, templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {}), ...all]);
}

/**
 * Puts the rule that reads the map after the rules with weight 0 and above, and before those with negative weight. Negative weights are for rules
 * that take what is left: wildcards and catch-alls.
 */
export function withMap({
  rules,
  map,
}: {
  readonly rules: readonly { readonly weight: number; readonly fragments: readonly Fragment[] }[];
  readonly map: readonly Fragment[];
}): readonly Fragment[] {
  const [before, behind] = [rules.filter(({ weight }) => weight >= 0), rules.filter(({ weight }) => weight < 0)];
  return [...before.flatMap(({ fragments }) => fragments), ...map, ...behind.flatMap(({ fragments }) => fragments)];
}

/**
 * For --group-https-by-vhost: renders one frontend that reads the name in the TLS hello, and for each host an https frontend, reached through a
 * socket in memory, with the certificates and bind options of the host's apps.
 */
export function groupedHttps(byWeight: readonly Ruled[], templates: Templates, settings: DocumentSettings): readonly Section[] {
  const { bindAddress: bindAddr, ports } = settings;
  const hosts = [...new Set(byWeight.flatMap(({ front }) => front.routes.map(({ host }) => host)))].sort(byText);
  const names = uniqueNames(hosts);
  const options = templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {});
  const head = templates.render('HAPROXY_HTTPS_GROUPED_FRONTEND_HEAD', { bindAddr, port: String(ports.https) });
  const ways = hosts.map((host, i) => templates.render('HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_ACL', { backend: names[i] ?? '', host }));
  const own = hosts.flatMap((host, i) => {
    const name = names[i] ?? '';
    const mine = byWeight.filter(({ front }) => front.isWithheld !== true && front.routes.some((route) => route.host === host));
    const own = distinct(mine.flatMap(({ front }) => certificatesOf(front)));
    const bindOpts = distinct(mine.map(({ front }) => bindOptionsOf(front))).map((one) => ` ${one}`);
    const context = { name, sslCerts: own.length > 0 ? crt(own) : sharedCrt(settings), bindOpts: bindOpts.join(' ') };
    return [
      section([templates.render('HAPROXY_HTTPS_GROUPED_VHOST_BACKEND_HEAD', { name })]),
      section([
        templates.render('HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD', context),
        options,
        ...mine.flatMap(({ rules }) => rulesOf(host, rules)),
      ]),
    ];
  });
  return [section([head, ...ways]), ...own];
}

function rulesOf(host: string, { https }: RouteRules): readonly Fragment[] {
  return [...https.before, ...(https.hosts.find((rules) => rules.host === host)?.fragments ?? [])];
}

/** Unique names for hosts. Two hosts may become the same name when invalid characters are replaced: 'a.b' and 'a_b'. */
function uniqueNames(hosts: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return hosts.map((host) => {
    let name = cleaned(host);
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    return name;
  });
}

function distinct(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))].sort(byText);
}
