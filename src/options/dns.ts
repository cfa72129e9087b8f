import type { Endpoint } from '../lib/endpoint.ts';
import { domain, endpoint, endpointOrOff, frameworkName, inOrder, list, whole } from './readers.ts';
import { option } from './row.ts';

const NOWHERE: readonly Endpoint[] = [];
const IP_SOURCES: readonly ('netinfo' | 'host')[] = ['netinfo', 'host'];

/** Where Mesos-DNS's HTTP API is served when --dns-http-listen is not given: Mesos-DNS's own port. */
export const USUAL_DNS_HTTP: Endpoint = { address: '127.0.0.1', port: 8123 };

/** The flags for DNS. */
export const DNS_OPTIONS = {
  dnsListen: option<readonly Endpoint[]>('--dns-listen <address:port...>', 'DNS', {
    help: 'answer DNS for task names there, over UDP and TCP (default: not at all; under `marathon-lb-ts dns` 127.0.0.1:8053); not under --once and --dry',
    fallback: NOWHERE,
    read: list(endpoint(), NOWHERE),
  }),
  dnsHttpListen: option<Endpoint | 'off' | undefined>('--dns-http-listen <address:port>', 'DNS', {
    help: "where Mesos-DNS's HTTP API is served while DNS is answered (/v1/hosts, /v1/services and others); or off (default: 127.0.0.1:8123, unless it is taken)",
    fallback: undefined,
    read: endpointOrOff,
  }),
  dnsDomain: option('--dns-domain <name>', 'DNS', { help: "the domain of Mesos-DNS's names", fallback: 'mesos', read: domain }),
  dnsFramework: option('--dns-framework <name>', 'DNS', {
    help: "Marathon's framework name in Mesos, which is a part of the DNS names",
    fallback: 'marathon',
    read: frameworkName,
  }),
  dnsTtl: option('--dns-ttl <seconds>', 'DNS', {
    help: "how long resolvers may keep an answer under --dns-domain; DC/OS's names always have 5 seconds",
    fallback: 60,
    read: whole(0, 86_400, 'seconds'),
  }),
  dnsIpSources: option<readonly ('netinfo' | 'host')[]>('--dns-ip-sources <sources>', 'DNS', {
    help: "which address a name resolves to, in order of preference: netinfo is the container's address, host is the agent's",
    fallback: IP_SOURCES,
    read: inOrder(IP_SOURCES),
  }),
  dnsHealthyOnly: option('--dns-healthy-only', 'DNS', {
    help: 'leave unhealthy tasks out while other tasks of their app are healthy',
    fallback: false,
  }),
  dnsRate: option('--dns-rate <answers>', 'DNS', {
    help: 'most answers a second over UDP to one /24 or /56; above it the answer is only "truncated, use TCP"; 0: no limit',
    fallback: 1_000,
    read: whole(0, 10_000_000, 'answers a second'),
  }),
  dnsUpstream: option<readonly Endpoint[]>('--dns-upstream <address...>', 'DNS', {
    help: 'name servers to ask for all other names, in this order, each with or without a port (default: other names are refused)',
    fallback: NOWHERE,
    read: list(endpoint(53), NOWHERE),
  }),
};
