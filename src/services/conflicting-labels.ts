import { ERROR_STATUSES } from '../model/service.ts';
import type { PortLabels } from './labels.ts';
import { isName } from './traffic.ts';

type Key = keyof PortLabels;

/** The facts about a port that decide, beside its labels, which labels have an effect. */
export interface PortKind {
  readonly mode: 'http' | 'tcp';
  /** Which label makes it a tcp port, when it is one. */
  readonly tcpBy: 'mode' | 'tls';
  /** Whether it has a route on the shared frontends, or asks for one in words that can't be read. */
  readonly isRouted: boolean;
  /** Whether Marathon has an http check for it. */
  readonly hasHttpCheck: boolean;
  /** Whether Marathon has any check for it. */
  readonly hasCheck: boolean;
}

/** A label that has no effect while the port has a second label, or while it lacks one. */
export interface Conflict {
  readonly loses: Key;
  /** The other label, and what is the matter with both. */
  readonly beside: Key;
  readonly why: string;
  readonly hint: string;
  readonly when: (values: PortLabels, port: PortKind) => boolean;
  /** Whether the port is left out, because it would be less closed than its labels say. */
  readonly shuts?: true;
  /** Whether what is rendered stays as it is: what marathon-lb renders for a label that has no effect in tcp mode. */
  readonly keeps?: true;
}

/** Labels whose rules read requests, which a tcp port has none of. */
const ONLY_HTTP: readonly Key[] = [
  ...(['rateLimit', 'maxBody', 'stripPrefix', 'rewriteHost', 'requestHeaders', 'responseHeaders', 'compress'] as const),
  ...ERROR_STATUSES.map((status) => `page${status}` as const),
  ...([
    'backendProtocol',
    'redirectTo',
    'canonicalHost',
    'corsOrigins',
    'corsMethods',
    'corsHeaders',
    'corsMaxAge',
    'corsCredentials',
  ] as const),
];

/** Labels of marathon-lb whose rules stand on the shared frontends, beside the virtual hosts of the port. */
const OF_SHARED_FRONTENDS: readonly Key[] = ['path', 'auth', 'redirectToHttps', 'rootRedirect'];

/** The same as ONLY_HTTP of marathon-lb's labels. */
const OF_MARATHON_LB: readonly Key[] = [
  ...(['path', 'weight', 'auth', 'sticky', 'redirectToHttps', 'hsts'] as const),
  ...(['proxyPassPath', 'reverseProxyPath', 'rootRedirect'] as const),
];

const inTcp = (loses: Key): Conflict => ({
  loses,
  beside: 'mode',
  why: 'the port is in tcp mode, in which HAProxy sees no requests',
  hint: 'give the port a virtual host, or set the mode to http',
  when: (_, { mode }) => mode === 'tcp',
});

/** Labels of virtual hosts and their requests, on a port that its author made a tcp port. */
const inChosenTcp = (loses: Key): Conflict => ({ ...inTcp(loses), when: ({ mode }, { tcpBy }) => mode === 'tcp' && tcpBy === 'mode' });

/** Labels of marathon-lb on a tcp port, whether its author made it one or nothing makes it an http port. */
const inPlainTcp = (loses: Key): Conflict => ({
  ...inTcp(loses),
  keeps: true,
  when: (_, { mode, tcpBy }) => mode === 'tcp' && tcpBy === 'mode',
});

const withoutRoute = (loses: Key): Conflict => ({
  loses,
  beside: 'hosts',
  keeps: true,
  why: 'it is a rule of the shared http and https frontends, which lead only to ports with a virtual host',
  hint: 'add the virtual host, or remove the label; it never concerns the service port',
  when: (_, { mode, isRouted }) => mode === 'http' && !isRouted,
});

const withoutOrigins = (loses: Key): Conflict => ({
  loses,
  beside: 'corsOrigins',
  why: 'no origins are named that may use the app',
  hint: 'name the origins, or remove the label',
  when: ({ corsOrigins }) => corsOrigins === undefined,
});

const withoutTls = (loses: Key): Conflict => ({
  loses,
  beside: 'backendTls',
  why: 'it says how servers speak TLS, and nothing says that they do',
  hint: "set BACKEND_TLS to 'true', or to 'false' to go on without TLS",
  when: ({ backendTls }) => backendTls === undefined,
  shuts: true,
});

const besidePassthrough = (loses: Key): Conflict => ({
  loses,
  beside: 'tls',
  why: 'the connections are encrypted for the app already',
  hint: 'remove one of the two',
  when: ({ tls }) => tls !== undefined,
});

/** The rows for a label about the TLS of clients, which has no effect where HAProxy does not end TLS for the port. */
const withoutTlsHere = (loses: Key): readonly Conflict[] => [
  {
    loses,
    beside: 'tls',
    why: 'the app ends TLS, and not the load balancer',
    hint: 'remove one of the two; under passthrough the app itself can ask clients for it',
    when: ({ tls }) => tls !== undefined,
    shuts: true,
  },
  {
    loses,
    beside: 'certificate',
    why: 'nothing of the port speaks TLS: it has no certificate, and no virtual host over http',
    hint: 'give the port a certificate, or a virtual host in http mode',
    when: ({ certificate, hosts = [] }, { mode }) => certificate === undefined && (mode === 'tcp' || hosts.length === 0),
    shuts: true,
  },
];

const withoutCheck = (loses: Key): Conflict => ({
  loses,
  beside: 'healthPath',
  why: 'the port has no http check of its own, nor one in Marathon',
  hint: 'name the path to check',
  when: ({ healthPath }, { hasHttpCheck }) => healthPath === undefined && !hasHttpCheck,
});

/** THE table of labels that have no effect beside others. A label's Problem comes from the first row that applies. */
export const CONFLICTS: readonly Conflict[] = [
  ...ONLY_HTTP.map(inTcp),
  ...(['pathType', 'isDefault', 'split', 'splitWeight'] as const).map(inChosenTcp),
  ...OF_MARATHON_LB.map(inPlainTcp),
  ...OF_SHARED_FRONTENDS.map(withoutRoute),
  {
    loses: 'hashBy',
    beside: 'mode',
    why: 'the port is in tcp mode, in which only the client address can be hashed',
    hint: 'write source, or set the mode to http',
    when: ({ hashBy }, { mode }) => mode === 'tcp' && hashBy !== 'source',
  },
  {
    loses: 'balance',
    beside: 'hashBy',
    why: 'a server is chosen by the hash',
    hint: 'remove one of the two',
    when: ({ hashBy }) => hashBy !== undefined,
  },
  {
    loses: 'stripPrefix',
    beside: 'proxyPassPath',
    why: 'the prefix would be taken off twice',
    hint: 'remove one of the two',
    when: ({ proxyPassPath }) => proxyPassPath !== undefined,
  },
  {
    loses: 'canonicalHost',
    beside: 'redirectTo',
    why: 'every request is redirected already',
    hint: 'remove one of the two',
    when: ({ redirectTo }) => redirectTo !== undefined,
  },
  {
    loses: 'canonicalHost',
    beside: 'hosts',
    why: 'the host is none of the virtual hosts',
    hint: 'add it to the virtual hosts, so that whoever is redirected arrives at the app',
    when: ({ canonicalHost, hosts = [] }) => canonicalHost !== undefined && !hosts.includes(canonicalHost),
  },
  ...(['corsMethods', 'corsHeaders', 'corsMaxAge', 'corsCredentials'] as const).map(withoutOrigins),
  {
    loses: 'corsCredentials',
    beside: 'corsOrigins',
    why: 'browsers send no cookies where every origin is allowed',
    hint: 'name the origins, or remove the label',
    when: ({ corsOrigins, corsCredentials }) => corsCredentials === true && corsOrigins?.includes('*') === true,
  },
  ...(['tlsMin', 'clientCa'] as const).flatMap(withoutTlsHere),
  ...(['backendTls', 'backendCa', 'backendSni'] as const).map(besidePassthrough),
  ...(['backendCa', 'backendSni'] as const).map(withoutTls),
  {
    loses: 'backendCa',
    beside: 'backendTls',
    why: 'no certificate is verified',
    hint: "set BACKEND_TLS to 'true', or remove BACKEND_CA",
    when: ({ backendTls }) => backendTls === 'insecure',
    shuts: true,
  },
  {
    loses: 'backendTls',
    beside: 'backendSni',
    why: "without it and without a virtual host there is no name that the servers' certificates must have",
    hint: "name it in BACKEND_SNI, or set BACKEND_TLS to 'insecure'",
    when: ({ backendTls, backendSni, rewriteHost, hosts = [] }) =>
      backendTls === 'true' && backendSni === undefined && rewriteHost === undefined && !hosts.some(isName),
    shuts: true,
  },
  {
    loses: 'backendProtocol',
    beside: 'backendTls',
    why: 'h2 is HTTP/2 inside TLS, and nothing says that the servers speak TLS',
    hint: "set BACKEND_TLS to 'true', or write h2c for HTTP/2 without TLS",
    when: ({ backendProtocol, backendTls = 'false' }) => backendProtocol === 'h2' && backendTls === 'false',
    shuts: true,
  },
  {
    loses: 'backendProtocol',
    beside: 'backendTls',
    why: 'h2c is HTTP/2 without TLS, so the servers are asked in HTTP/1 over TLS',
    hint: 'write h2, or remove BACKEND_TLS',
    when: ({ backendProtocol, backendTls = 'false' }) => backendProtocol === 'h2c' && backendTls !== 'false',
  },
  ...(['healthHost', 'healthStatus'] as const).map(withoutCheck),
  {
    loses: 'healthInterval',
    beside: 'healthPath',
    why: 'the port has no check, neither here nor in Marathon',
    hint: 'name the path to check',
    when: ({ healthPath }, { hasCheck }) => healthPath === undefined && !hasCheck,
  },
];
