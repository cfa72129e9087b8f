import { readFileSync } from 'node:fs';
import { TEMPLATE_NAMES, type TemplateName } from '../../src/haproxy/catalogue.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { DocumentSettings } from '../../src/haproxy/settings.ts';
import { makeTemplates, type Templates, type TemplateText } from '../../src/haproxy/templates.ts';
import type { BackendSection, Document, Fragment, Reason, Running, Section } from '../../src/model/document.ts';
import type { AppId, BackendName, ServerName, TaskId } from '../../src/model/names.ts';
import type { BackendOptions, Front, Server, Service } from '../../src/model/service.ts';

export const DEFAULTS: ReadonlyMap<TemplateName, string> = new Map(
  TEMPLATE_NAMES.map((name) => [name, readFileSync(new URL(`../../templates/${name}.hbs`, import.meta.url), 'utf8')]),
);

export function templatesWith(own: Partial<Record<TemplateName, TemplateText>> = {}): Templates {
  return makeTemplates(DEFAULTS, new Map(Object.entries(own) as [TemplateName, TemplateText][]));
}

export function settings(given: Partial<DocumentSettings> = {}): DocumentSettings {
  return {
    sharedFrontends: true,
    degradedOk: false,
    acceptProxy: [],
    maps: true,
    groupHttpsByVhost: false,
    httpsRouting: 'host',
    http3: false,
    configFolder: '/etc/haproxy',
    bindAddress: '*',
    ports: { http: 80, https: 443, appId: 9091, stats: 9090 },
    certificates: ['/etc/ssl/cert.pem'],
    threads: 2,
    maxConnections: undefined,
    oldWorkerMaxAgeSeconds: 3600,
    maxOldWorkers: 3,
    statesFile: undefined,
    trafficLog: undefined,
    adminSocket: '/run/marathon-lb-ts/admin.sock',
    adminNetworks: ['127.0.0.0/8', '10.0.0.0/8'],
    defaultOptions: [],
    ...given,
  };
}

/** Port 0 of an app, by default /shop on 10000, http, bound, without virtual hosts. */
export function front(given: Partial<Omit<Front, 'app' | 'name'>> & { readonly app?: string } = {}): Front {
  const { app = '/shop', port = 10000, ...rest } = given;
  return {
    app: app as AppId,
    index: 0,
    name: `${app.slice(1).replaceAll('/', '_')}_${port}` as BackendName,
    port,
    mode: 'http',
    bind: { address: '*', port, certificate: undefined, options: undefined },
    routes: [],
    auth: undefined,
    redirectToHttps: false,
    weight: 0,
    changedAt: undefined,
    overrides: {},
    ...rest,
  };
}

export const OPTIONS: BackendOptions = {
  balance: 'roundrobin',
  sticky: false,
  hsts: false,
  proxyPassPath: undefined,
  reverseProxyPath: undefined,
  rootRedirect: undefined,
  allowedNetworks: [],
  check: undefined,
};

export function server(port: number, given: Partial<Server> = {}): Server {
  const name = `10_0_0_1_${port}` as ServerName;
  const task = `shop.${port}` as TaskId;
  return {
    name,
    id: port % 32767,
    task,
    host: '10.0.0.1',
    address: '10.0.0.1',
    port,
    checkPort: undefined,
    checked: true,
    draining: false,
    ...given,
  };
}

export function service(of: Front, servers: readonly Server[], options: BackendOptions = OPTIONS): Service {
  return { front: of, backend: { options, servers, leaving: [] } };
}

export function fragment(text: string, owner: Fragment['owner'] = { by: 'operator' }): Fragment {
  return { template: 'HAPROXY_BACKEND_HEAD', owner, text };
}

export function section(name: string, ...texts: readonly string[]): Section {
  return { name, fragments: texts.map((text) => fragment(text)) };
}

/** A backend section; `servers`: name -> line. */
export function backendSection(backend: string, texts: readonly string[], servers: Readonly<Record<string, string>> = {}): BackendSection {
  const lines = Object.entries(servers).map(([name, text]): [ServerName, Fragment] => [name as ServerName, fragment(text)]);
  return {
    ...section(`backend ${backend}`, ...texts),
    backend: backend as BackendName,
    servers: new Map(lines),
    leaving: new Set(),
  };
}

export function document(
  given: Partial<Omit<Document, 'maps'>> & { readonly maps?: Record<string, Record<string, string>> } = {},
): Document {
  const { front: sections = [], backends = [], maps = {} } = given;
  const files = Object.entries(maps).map(([name, map]) => [name, new Map(Object.entries(map) as [string, BackendName][])]);
  return { front: sections, backends, maps: Object.fromEntries(files) as Document['maps'] };
}

/** What a HAProxy runs that has loaded a document and taken no command since. */
export function asLoaded(loaded: Document): Running {
  return { document: loaded, exceptions: new Map(), lost: new Map() };
}

/** Why a HAProxy that takes no commands would be reloaded for another document. */
export function reasonsBetween(before: Document, after: Document): readonly Reason[] {
  return makePlan({ mapFolder: '/etc/haproxy' })({ running: asLoaded(before), wanted: after, release: undefined }).reload;
}
