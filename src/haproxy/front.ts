import { distinct } from '../lib/distinct.ts';
import { flatOf } from '../lib/flat-lists.ts';
import { each } from '../lib/lists.ts';
import type { Fragment, MapFile, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';
import { makeAcceptProxy } from './accept-proxy.ts';
import { makeAclNames, type NamedFront } from './acl-names.ts';
import { bindOptionsOf, certificatesOf, crt } from './crt-list.ts';
import { limitMaps } from './limits.ts';
import { guardedSubject } from './client-tls.ts';
import { hostCertificates } from './host-certificates.ts';
import { groupedHttps, sharedHttps, withMap } from './https.ts';
import { makeMapOfRows, type MapRow } from './map-of-rows.ts';
import { hasHostRules, makeRouteRules, type RouteRules } from './routes.ts';
import { section } from './section.ts';
import { APP_MAP, DOMAIN_MAP, HEALTH_MAP, SPARE_MAPS, type DocumentSettings } from './settings.ts';
import { spareLines } from './in-spare.ts';
import { withHttp3 } from './http3.ts';
import { httpOnly } from './http-only.ts';
import { passthroughMaps, withPassthrough } from './passthrough.ts';
import { makeTable, type RoutingTable } from './table.ts';
import { tableLines } from './table-lines.ts';
import type { Author, Templates } from './templates.ts';

/** All sections before the backends, without the head, and the map files that they read. */
export interface FrontPart {
  readonly sections: readonly Section[];
  readonly maps: Readonly<Record<string, MapFile>>;
  /** What is wrong with ports because of how the shared frontends are. */
  readonly problems: readonly Problem[];
}

/** What one front contributes to the shared sections, and its own sections. */
export interface Rendered {
  readonly front: Front;
  readonly rules: RouteRules;
  readonly userlist: readonly Section[];
  readonly appId: readonly Fragment[];
  readonly own: readonly Section[];
  /** Its rows in the map of hosts, and in the map of apps. */
  readonly hostRows: readonly MapRow[];
  readonly appRows: readonly MapRow[];
}

/**
 * Returns a function that renders all fronts: userlists, the shared frontends, then one frontend for each port. The sections of an unchanged front
 * are the same objects. Rules are ordered by weight, then by app id and service port, which is the order of the fronts.
 */
export function makeFrontPart(templates: Templates, settings: DocumentSettings): (fronts: readonly Front[]) => FrontPart {
  const acceptProxy = each(makeAcceptProxy(settings.acceptProxy));
  const renderAll = each((named: NamedFront) => renderFront(named, templates, settings));
  const how = { maps: settings.maps, grouped: settings.groupHttpsByVhost, byHost: settings.httpsRouting === 'host' };
  const nameAcls = makeAclNames((front) => settings.sharedFrontends && hasHostRules(front, how));
  const [userlistsOf, ownOf, mapsOf] = [flatOf((one: Rendered) => one.userlist), flatOf((one: Rendered) => one.own), makeMaps(settings)];
  const notable = flatOf((one: Rendered) => (isNotable(one, settings) ? [one] : []));
  const special = flatOf((front: Front) => (isSpecial(front) ? [front] : []));
  return (allFronts) => {
    const rendered = renderAll(nameAcls(allFronts));
    const fronts = special(allFronts);
    const table = makeTable(settings.sharedFrontends ? fronts : []);
    const byWeight = inWeight(settings.groupHttpsByVhost ? rendered : notable(rendered));
    const { maps, mapped } = mapsOf(rendered);
    const shared = sharedFrontends({ byWeight, rendered, templates, settings, table, mapped });
    return {
      problems: settings.groupHttpsByVhost && settings.sharedFrontends ? httpOnly(allFronts) : [],
      sections: acceptProxy([...userlistsOf(rendered), ...shared, ...ownOf(rendered)]),
      maps: {
        ...(settings.maps && maps),
        ...table?.maps,
        ...passthroughMaps(settings.sharedFrontends ? fronts : []),
        ...limitMaps(fronts),
        ...(hasSpares(settings) && Object.fromEntries(SPARE_MAPS.map((file) => [file, NO_ROWS]))),
        ...(settings.statesFile !== undefined && { [HEALTH_MAP]: new Map<string, BackendName>() }),
      },
    };
  };
}

const NO_ROWS: MapFile = new Map();

/** Whether a document has spare backends: they are reached by virtual hosts, which only the shared frontends have. */
export function hasSpares({ sharedFrontends, spareBackends = 0 }: DocumentSettings): boolean {
  return sharedFrontends && spareBackends > 0;
}

interface Shared {
  readonly byWeight: readonly Rendered[];
  readonly rendered: readonly Rendered[];
  readonly templates: Templates;
  readonly settings: DocumentSettings;
  readonly table: RoutingTable | undefined;
  readonly mapped: Mapped;
}

/** Whether a port is not like most others: it has a part in the shared frontends beside rows in the maps of hosts and apps. */
function isNotable({ front, rules: { http, https } }: Rendered, settings: DocumentSettings): boolean {
  const hasRules = http.length + https.before.length + https.hosts.length > 0;
  return hasRules || front.passthrough === true || front.clientTls !== undefined || hostCertificates([front], settings).length > 0;
}

/** Whether a port has rows in maps other than those of hosts and apps. */
function isSpecial({ table, passthrough, limits }: Front): boolean {
  return table !== undefined || passthrough === true || limits !== undefined;
}

/** The largest weight first; those of the same weight in the order that they have. */
function inWeight(rendered: readonly Rendered[]): readonly Rendered[] {
  return [...rendered].sort((a, b) => b.front.weight - a.front.weight);
}

function sharedFrontends({ byWeight, rendered, templates, settings, table, mapped }: Shared): readonly Section[] {
  const { sharedFrontends: bound, groupHttpsByVhost, bindAddress: bindAddr, configFolder, ports, maps } = settings;
  const options = templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {});
  const guard = guardedSubject(byWeight.map(({ front }) => front));
  const inMap = { haproxy_dir: configFolder };
  const lines = table && tableLines(table, configFolder);
  const http = withMap({
    rules: byWeight.map(({ front, rules }) => ({ weight: front.weight, fragments: rules.http })),
    map: mapped.http ? [templates.render('HAPROXY_MAP_HTTP_FRONTEND_ACL', inMap)] : [],
    table: lines,
    spare: spareLines('req.hdr(host),host_only,lower', settings, { redirects: true }),
  });
  const mapOfApps = mapped.apps || hasSpares(settings) ? [templates.render('HAPROXY_MAP_HTTP_FRONTEND_APPID_ACL', inMap)] : [];
  const byAppId = maps ? mapOfApps : firstHttp(rendered).flatMap(({ appId }) => appId);
  const at = (port: number) => ({ bindAddr, port: String(port) });
  const isPassing = byWeight.some(({ front }) => front.passthrough === true && front.routes.length > 0);
  const sharedSection = (): Section => {
    const https = sharedHttps(byWeight, { templates, settings, table: lines, isMapped: mapped.https });
    return settings.http3 ? withHttp3(https, settings) : https;
  };
  const secure = groupHttpsByVhost
    ? groupedHttps(byWeight, { templates, settings, table: lines })
    : withPassthrough(sharedSection(), settings, isPassing);
  return [
    ...(bound ? [section([templates.render('HAPROXY_HTTP_FRONTEND_HEAD', at(ports.http)), options, ...guard, ...http])] : []),
    section([templates.render('HAPROXY_HTTP_FRONTEND_APPID_HEAD', at(ports.appId)), options, ...guard, ...byAppId]),
    ...(bound ? secure : []),
  ];
}

function renderFront(named: NamedFront, templates: Templates, settings: DocumentSettings): Rendered {
  const { front } = named;
  const author: Author = { owner: { by: 'app', app: front.app, index: front.index }, overrides: front.overrides };
  const { name: backend, auth } = front;
  const rules = makeRouteRules({
    front: settings.sharedFrontends ? front : { ...front, routes: [] },
    hostAcl: named.hostAcl,
    templates,
    author,
    maps: settings.maps,
    grouped: settings.groupHttpsByVhost,
    byHost: settings.httpsRouting === 'host',
  });
  return {
    front,
    rules,
    hostRows: distinct([...rules.mapped.http, ...rules.mapped.https]).map((key) => ({ key, to: backend })),
    appRows: settings.maps && front.mode === 'http' && front.isShut !== true ? [{ key: front.app.toLowerCase(), to: backend }] : [],
    userlist:
      auth === undefined
        ? []
        : [section([templates.render('HAPROXY_USERLIST_HEAD', { backend, user: auth.user, passwd: auth.password }, author)])],
    appId: settings.maps || front.isShut === true ? [] : [templates.render('HAPROXY_HTTP_FRONTEND_APPID_ACL', appIdContext(named), author)],
    own: ownFrontend(front, templates, author),
  };
}

function appIdContext({ front, appAcl }: NamedFront) {
  return {
    backend: front.name,
    cleanedUpAppId: appAcl,
    hostname: front.routes.map(({ host }) => host).join(','),
    appId: front.app,
  };
}

function ownFrontend(front: Front, templates: Templates, author: Author): readonly Section[] {
  const { bind, name: backend, mode } = front;
  if (bind === undefined) return [];
  const certificates = certificatesOf(front);
  const options = bindOptionsOf(front, certificates.length > 0);
  const head = templates.render(
    'HAPROXY_FRONTEND_HEAD',
    {
      backend,
      bindAddr: bind.address,
      servicePort: String(bind.port),
      sslCert: certificates.length === 0 ? '' : ` ssl ${crt(certificates)}`,
      bindOptions: options === undefined ? '' : ` ${options}`,
      mode,
    },
    author,
  );
  const http = mode === 'http' ? [templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {})] : [];
  const glue = templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', { backend }, author);
  return isEmpty(head) ? [] : [section([head, ...http, ...clientTimeout(front), glue])];
}

function clientTimeout({ app, index, clientTimeout: time }: Front): readonly Fragment[] {
  if (time === undefined) return [];
  return [{ template: 'HAPROXY_n_TIMEOUT_CLIENT', owner: { by: 'app', app, index }, text: `  timeout client ${time}ms\n` }];
}

/** Whether a head is empty. An empty head in a label is the known way not to bind a port; lines after it would belong to the previous section. */
function isEmpty({ text }: Fragment): boolean {
  return text.replace(/^[ \t]*#.*$/gm, '').trim() === '';
}

/** The first http port of each app, to which X-Marathon-App-Id leads. */
function firstHttp(rendered: readonly Rendered[]): readonly Rendered[] {
  return rendered
    .filter(({ front }) => front.mode === 'http' && front.isShut !== true)
    .filter(({ front }, i, all) => all[i - 1]?.front.app !== front.app);
}

/** Whether the maps are looked into, that of hosts for http and for https: rows of apps are in them, or those of new apps may be before the next reload. */
type Mapped = Readonly<Record<'http' | 'https' | 'apps', boolean>>;

/** Returns a function that makes the map of hosts and that of apps. When two ports have a host, the first by weight gets it; of an app, the first port. */
function makeMaps({
  maps: isWanted,
  spareBackends = 0,
}: DocumentSettings): (rendered: readonly Rendered[]) => { readonly maps: Readonly<Record<string, MapFile>>; readonly mapped: Mapped } {
  const [hostRowsOf, appRowsOf] = [flatOf((one: Rendered) => one.hostRows), flatOf((one: Rendered) => one.appRows)];
  const [http, https] = [flatOf((one: Rendered) => one.rules.mapped.http), flatOf((one: Rendered) => one.rules.mapped.https)];
  const weighted = flatOf((one: Rendered) => (one.front.weight !== 0 && one.hostRows.length > 0 ? [one] : []));
  const [hostMap, appMap] = [makeMapOfRows(), makeMapOfRows()];
  const isSpared = isWanted && spareBackends > 0;
  return (rendered) => {
    const isInOrder = weighted(rendered).length === 0;
    const hosts = isInOrder ? hostRowsOf(rendered) : inWeight(rendered).flatMap(({ hostRows }) => hostRows);
    const apps = appRowsOf(rendered);
    return {
      maps: { [DOMAIN_MAP]: hostMap(hosts), [APP_MAP]: appMap(apps) },
      mapped: {
        http: isSpared || http(rendered).length > 0,
        https: isSpared || https(rendered).length > 0,
        apps: apps.length > 0,
      },
    };
  };
}
