import type { Fragment } from '../model/document.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Front } from '../model/service.ts';
import type { TemplateName } from './catalogue.ts';
import { preflightFragments } from './preflight.ts';
import type { Author, Templates } from './templates.ts';

/** The rules of one service on the shared frontends. */
export interface RouteRules {
  readonly http: readonly Fragment[];
  /** The https rules by host, because each host may have its own https frontend. The rules in `before` come before those of any host. */
  readonly https: { readonly before: readonly Fragment[]; readonly hosts: readonly RenderedHost[] };
  /** The hosts that the map file leads to this service, for http and for https. */
  readonly mapped: { readonly http: readonly string[]; readonly https: readonly string[] };
}

/** The rules of one host. */
export interface RenderedHost {
  readonly host: string;
  readonly fragments: readonly Fragment[];
}

/** Replaces characters that the name of an ACL can't have by '_'. */
export function cleaned(text: string): string {
  return text.replace(/[^a-zA-Z0-9-]/g, '_');
}

/**
 * Renders the rules that lead a service's virtual hosts to its backend. The tables below give the templates for each combination of {several hosts?,
 * path?, auth?, redirect?}; plain hosts need no rules when there is a map file (marathon-lb 1.15: generateHttpVhostAcl).
 */
export function makeRouteRules({ front, hostAcl, templates, author, ...how }: RuleParts): RouteRules {
  const hosts = front.routes.map(({ host }) => host);
  const [first] = hosts;
  if (first === undefined || front.table !== undefined || front.passthrough === true) return NO_RULES;
  const mapped = mappedOf(front, how);
  const context = {
    backend: front.name,
    cleanedUpHostname: hostAcl,
    appId: front.app,
    path: front.routes[0]?.path ?? '',
    realm: front.auth?.realm ?? '',
    bindAddr: front.bind?.address ?? '*',
    httpsHost: how.byHost && !how.grouped ? 'hdr(host) -i' : 'ssl_fc_sni',
  };
  const render = (names: readonly RuleName[], of: readonly string[]): readonly Fragment[] =>
    of.flatMap((hostname) => names.map((name) => templates.render(name, { ...context, hostname }, author)));
  const http = HTTP[hosts.length > 1 ? 'list' : 'one'][httpKind(front)];
  const https = HTTPS[httpsKind(front)];
  const preflight = (of: string): readonly Fragment[] => preflightFragments(front, of);
  const byHost = (): readonly RenderedHost[] => hosts.map((host) => ({ host, fragments: render(https.each, [host]) }));
  return {
    http: mapped.http
      ? []
      : [
          ...(front.redirectToHttps ? [] : preflight('hdr(host) -i')),
          ...render(http.before ?? [], [first]),
          ...render(http.each, hosts),
          ...render(http.after ?? [], [first]),
        ],
    https: mapped.https
      ? NO_RULES.https
      : { before: [...preflight(context.httpsHost), ...render(https.before ?? [], [first])], hosts: byHost() },
    mapped: { http: mapped.http ? hosts : [], https: mapped.https ? hosts : [] },
  };
}

/** How a document leads to hosts. */
export interface RouteSettings {
  /** Whether plain hosts are looked up in a map file. */
  readonly maps: boolean;
  /** Whether each host has its own https frontend. */
  readonly grouped: boolean;
  /** Whether https rules compare the Host header, and not the name in the TLS hello. */
  readonly byHost: boolean;
}

/** Whether the map file leads to a front, which then needs no rules; for http and for https. */
function mappedOf(front: Front, { maps, grouped }: RouteSettings): { readonly http: boolean; readonly https: boolean } {
  const isAhead = front.isShut === true && front.weight !== 0; // the weight of its rules counts, which the map does not have
  const mapped = maps && httpsKind(front) === 'plain' && !hasOwnRules(front.overrides) && !isAhead;
  return { http: mapped && !front.redirectToHttps, https: mapped && !grouped };
}

/** Whether a front has rules in the file, and not only entries in the map file. */
export function hasHostRules(front: Front, settings: RouteSettings): boolean {
  const mapped = mappedOf(front, settings);
  return front.routes.length > 0 && front.table === undefined && front.passthrough !== true && !(mapped.http && mapped.https);
}

const NO_RULES: RouteRules = { http: [], https: { before: [], hosts: [] }, mapped: { http: [], https: [] } };

interface RuleParts extends RouteSettings {
  readonly front: Front;
  /** The part of its ACLs' names after `host_` and `auth_`. */
  readonly hostAcl: string;
  readonly templates: Templates;
  readonly author: Author;
}

const HOST = 'HAPROXY_HTTP_FRONTEND_ACL_ONLY';
const PATH = 'HAPROXY_HTTP_FRONTEND_ACL_ONLY_WITH_PATH';
const PATH_AND_AUTH = 'HAPROXY_HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH';
const ACLS_WITH_PATH = [HOST, PATH] as const;

type RuleName = Extract<
  TemplateName,
  `HAPROXY_${'HTTP_FRONTEND' | 'HTTPS_FRONTEND'}_${'ACL' | 'ROUTING'}${string}` | `HAPROXY_BACKEND_REDIRECT_${string}`
>;

/** Templates for the first host, then for each host, then again for the first. */
interface TemplatesOfHosts {
  readonly before?: readonly RuleName[];
  readonly each: readonly RuleName[];
  readonly after?: readonly RuleName[];
}

type Http = 'plain' | 'path' | 'auth' | 'path auth' | 'redirect' | 'path redirect' | 'path auth redirect';

const HTTP: Readonly<Record<'one' | 'list', Readonly<Record<Http, TemplatesOfHosts>>>> = {
  one: {
    plain: { each: ['HAPROXY_HTTP_FRONTEND_ACL'] },
    path: { each: ['HAPROXY_HTTP_FRONTEND_ACL_WITH_PATH'] },
    auth: { each: ['HAPROXY_HTTP_FRONTEND_ACL_WITH_AUTH'] },
    'path auth': { each: ['HAPROXY_HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH'] },
    redirect: { each: ['HAPROXY_HTTP_FRONTEND_ACL', 'HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS'] },
    'path redirect': { each: [...ACLS_WITH_PATH, 'HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH'] },
    'path auth redirect': { each: [...ACLS_WITH_PATH, 'HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH'] },
  },
  list: {
    plain: { each: [HOST], after: ['HAPROXY_HTTP_FRONTEND_ROUTING_ONLY'] },
    path: { before: [PATH], each: [HOST], after: ['HAPROXY_HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH'] },
    auth: { each: [HOST], after: ['HAPROXY_HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH'] },
    'path auth': { before: [PATH_AND_AUTH], each: [HOST], after: ['HAPROXY_HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH'] },
    redirect: { each: [HOST], after: ['HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS'] },
    'path redirect': { before: [PATH], each: [HOST], after: ['HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH'] },
    'path auth redirect': { before: [PATH_AND_AUTH], each: [HOST], after: ['HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH'] },
  },
};

type Https = 'plain' | 'path' | 'auth' | 'path auth';

const HTTPS: Readonly<Record<Https, TemplatesOfHosts>> = {
  plain: { each: ['HAPROXY_HTTPS_FRONTEND_ACL'] },
  path: { before: ['HAPROXY_HTTPS_FRONTEND_ACL_ONLY_WITH_PATH'], each: ['HAPROXY_HTTPS_FRONTEND_ACL_WITH_PATH'] },
  auth: { each: ['HAPROXY_HTTPS_FRONTEND_ACL_WITH_AUTH'] },
  'path auth': { before: ['HAPROXY_HTTPS_FRONTEND_ACL_ONLY_WITH_PATH'], each: ['HAPROXY_HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH'] },
};

function httpsKind({ routes: [route], auth }: Front): Https {
  if (route?.path === undefined) return auth === undefined ? 'plain' : 'auth';
  return auth === undefined ? 'path' : 'path auth';
}

/** The kind of http rules. A redirected request needs no password on http, because https asks for it. */
function httpKind(front: Front): Http {
  const kind = httpsKind(front);
  if (!front.redirectToHttps) return kind;
  return kind === 'path' || kind === 'path auth' ? `${kind} redirect` : 'redirect';
}
