import { each } from '../lib/lists.ts';
import type { Fragment, MapFile, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';
import { makeAcceptProxy } from './accept-proxy.ts';
import { makeAclNames, type NamedFront } from './acl-names.ts';
import { bindOptionsOf, certificatesOf, crt } from './crt-list.ts';
import { limitMaps } from './limits.ts';
import { groupedHttps, isLookedUp, sharedHttps, withMap } from './https.ts';
import { hasHostRules, makeRouteRules, type RouteRules } from './routes.ts';
import { section } from './section.ts';
import { APP_MAP, DOMAIN_MAP, HEALTH_MAP, SPARE_MAPS, type DocumentSettings } from './settings.ts';
import { spareLines } from './in-spare.ts';
import { withHttp3 } from './http3.ts';
import { httpOnly } from './http-only.ts';
import { passthroughMaps, withPassthrough } from './passthrough.ts';
import { makeTable, type Table } from './table.ts';
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
  return (fronts) => {
    const rendered = renderAll(nameAcls(fronts));
    const table = makeTable(settings.sharedFrontends ? fronts : []);
    const byWeight = [...rendered].sort((a, b) => b.front.weight - a.front.weight);
    const shared = sharedFrontends({ byWeight, rendered, templates, settings, table });
    return {
      problems: settings.groupHttpsByVhost && settings.sharedFrontends ? httpOnly(fronts) : [],
      sections: acceptProxy([...rendered.flatMap(({ userlist }) => userlist), ...shared, ...rendered.flatMap(({ own }) => own)]),
      maps: {
        ...(settings.maps && { [DOMAIN_MAP]: domainMap(byWeight), [APP_MAP]: appMap(firstHttp(rendered)) }),
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
  readonly table: Table | undefined;
}

function sharedFrontends({ byWeight, rendered, templates, settings, table }: Shared): readonly Section[] {
  const { sharedFrontends: bound, groupHttpsByVhost, bindAddress: bindAddr, configFolder, ports, maps } = settings;
  const options = templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {});
  const inMap = { haproxy_dir: configFolder };
  const lines = table && tableLines(table, configFolder);
  const http = withMap({
    rules: byWeight.map(({ front, rules }) => ({ weight: front.weight, fragments: rules.http })),
    map: isLookedUp(byWeight, 'http', settings) ? [templates.render('HAPROXY_MAP_HTTP_FRONTEND_ACL', inMap)] : [],
    table: lines,
    spare: spareLines('req.hdr(host),host_only,lower', settings, { redirects: true }),
  });
  const apps = firstHttp(rendered);
  const mapOfApps = apps.length > 0 || hasSpares(settings) ? [templates.render('HAPROXY_MAP_HTTP_FRONTEND_APPID_ACL', inMap)] : [];
  const byAppId = maps ? mapOfApps : apps.flatMap(({ appId }) => appId);
  const at = (port: number) => ({ bindAddr, port: String(port) });
  const isPassing = byWeight.some(({ front }) => front.passthrough === true && front.routes.length > 0);
  const sharedSection = (): Section => {
    const https = sharedHttps(byWeight, { templates, settings, table: lines });
    return settings.http3 ? withHttp3(https, settings) : https;
  };
  const secure = groupHttpsByVhost
    ? groupedHttps(byWeight, { templates, settings, table: lines })
    : withPassthrough(sharedSection(), settings, isPassing);
  return [
    ...(bound ? [section([templates.render('HAPROXY_HTTP_FRONTEND_HEAD', at(ports.http)), options, ...http])] : []),
    section([templates.render('HAPROXY_HTTP_FRONTEND_APPID_HEAD', at(ports.appId)), options, ...byAppId]),
    ...(bound ? secure : []),
  ];
}

function renderFront(named: NamedFront, templates: Templates, settings: DocumentSettings): Rendered {
  const { front } = named;
  const author: Author = { owner: { by: 'app', app: front.app, index: front.index }, overrides: front.overrides };
  const { name: backend, auth } = front;
  return {
    front,
    rules: makeRouteRules({
      front: settings.sharedFrontends ? front : { ...front, routes: [] },
      hostAcl: named.hostAcl,
      templates,
      author,
      maps: settings.maps,
      grouped: settings.groupHttpsByVhost,
      byHost: settings.httpsRouting === 'host',
    }),
    userlist:
      auth === undefined
        ? []
        : [section([templates.render('HAPROXY_USERLIST_HEAD', { backend, user: auth.user, passwd: auth.password }, author)])],
    appId: settings.maps ? [] : [templates.render('HAPROXY_HTTP_FRONTEND_APPID_ACL', appIdContext(named), author)],
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
  return rendered.filter(({ front }) => front.mode === 'http').filter(({ front }, i, all) => all[i - 1]?.front.app !== front.app);
}

/** Host -> backend. When two services have the same host, the first by weight gets it. */
function domainMap(byWeight: readonly Rendered[]): MapFile {
  const map = new Map<string, BackendName>();
  for (const { front, rules } of byWeight)
    for (const host of [...rules.mapped.http, ...rules.mapped.https]) if (!map.has(host)) map.set(host, front.name);
  return map;
}

/** App id in lower case -> backend. */
function appMap(first: readonly Rendered[]): MapFile {
  return new Map(first.map(({ front }) => [front.app.toLowerCase(), front.name]));
}
