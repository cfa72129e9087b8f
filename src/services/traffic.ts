import type { ClientTls, ErrorPage, Front, Limits } from '../model/service.ts';
import type { BackendTls, Cors, Traffic } from '../model/traffic.ts';
import type { PortLabels } from './labels.ts';

/** What the traffic labels of a port ask for; undefined when it has none of these labels. */
export function trafficOf(values: PortLabels): Traffic | undefined {
  const timeouts = known({
    connect: values.timeoutConnect,
    server: values.timeoutServer,
    tunnel: values.timeoutTunnel,
    queue: values.timeoutQueue,
    client: values.timeoutClient,
  });
  const traffic: Traffic = known({
    allow: values.allow,
    deny: values.deny,
    rateLimit: values.rateLimit,
    maxTotal: values.maxTotal,
    maxBody: values.maxBody,
    timeouts: Object.keys(timeouts).length === 0 ? undefined : timeouts,
    retries: values.retries,
    cors: corsOf(values),
    redirectTo: values.redirectTo,
    canonical: canonicalOf(values),
    stripPrefix: values.stripPrefix,
    rewriteHost: values.rewriteHost,
    requestHeaders: values.requestHeaders,
    responseHeaders: values.responseHeaders,
    compress: values.compress?.length === 0 ? undefined : values.compress,
    consistent: values.hashBy === undefined ? undefined : (true as const),
    backup: values.backup,
    maxPerServer: values.maxPerServer,
    slowStart: values.slowStart,
    proxyProtocol: values.proxyProtocol,
    tls: tlsOf(values),
    protocol: values.backendProtocol,
    checkHost: values.healthHost,
    checkStatus: values.healthStatus,
  });
  return Object.keys(traffic).length === 0 ? undefined : traffic;
}

/** The fields of a front for limits that stand in a map, the client's timeout and the error pages; empty when there are none. */
export function ofFront(traffic: Traffic | undefined, pages: readonly ErrorPage[]): Pick<Front, 'limits' | 'clientTimeout' | 'pages'> {
  const { rateLimit, maxTotal, maxBody, timeouts } = traffic ?? {};
  const limits: Limits = known({ rate: rateLimit?.requests, connections: maxTotal, body: maxBody });
  return {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(pages.length > 0 && { pages }),
    ...(timeouts?.client !== undefined && { clientTimeout: timeouts.client }),
  };
}

/** What a browser may ask of a port with a password before it has one. */
export function preflightOf({ auth, allowedNetworks = [] }: PortLabels, traffic: Traffic | undefined): Pick<Front, 'preflight'> {
  if (auth === undefined || traffic?.cors === undefined) return {};
  const { cors, allow, deny } = traffic;
  return { preflight: { cors, networks: allowedNetworks, ...(allow && { allow }), ...(deny && { deny }) } };
}

/** What the labels of a port ask of its clients. */
export function clientTlsOf({ tlsMin, clientCa }: PortLabels): ClientTls | undefined {
  return tlsMin === undefined && clientCa === undefined ? undefined : known({ min: tlsMin, ...clientCa });
}

/** An object without the fields that are undefined. */
function known<Fields extends object>(fields: Fields): { readonly [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  const found: { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } = {};
  for (const key of Object.keys(fields) as (keyof Fields)[]) {
    const value = fields[key];
    if (value !== undefined) found[key] = value as Exclude<Fields[keyof Fields], undefined>;
  }
  return found;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

function corsOf({ corsOrigins, corsMethods, corsHeaders, corsMaxAge, corsCredentials }: PortLabels): Cors | undefined {
  if (corsOrigins === undefined) return undefined;
  return {
    origins: corsOrigins,
    methods: corsMethods ?? METHODS,
    headers: corsHeaders ?? [],
    maxAgeSeconds: corsMaxAge,
    credentials: corsCredentials ?? false,
  };
}

function canonicalOf({ canonicalHost: host, hosts = [] }: PortLabels): Traffic['canonical'] {
  const others = hosts.filter((one) => one !== host);
  return host === undefined || others.length === 0 ? undefined : { host, others };
}

function tlsOf({ backendTls, backendCa, backendSni, rewriteHost, hosts }: PortLabels): BackendTls | undefined {
  if (backendTls === undefined || backendTls === 'false') return undefined;
  return { verifies: backendTls === 'true', ca: backendCa ?? '@system-ca', name: backendSni ?? rewriteHost ?? hosts?.find(isName) };
}

/** Whether a virtual host can be the name in a certificate that is asked for: no wildcard, and no IPv6 address. */
export function isName(host: string): boolean {
  return !/^[*[]/.test(host);
}
