import { textOf, type Endpoint } from '../../lib/endpoint.ts';
import type { Apex, Zones } from '../zones/records.ts';

/** The settings that Mesos-DNS's /v1/config shows. */
export interface ShownSettings {
  readonly domain: string;
  /** Where DNS is answered. */
  readonly dns: readonly Endpoint[];
  readonly http: Endpoint;
  readonly upstreams: readonly Endpoint[];
  readonly ipSources: readonly string[];
  /** How long a forwarded query may take, in milliseconds. */
  readonly forwardMs: number;
}

/** The configuration with Mesos-DNS's keys in Mesos-DNS's order. What has no counterpart here is empty, 0 or null. It has no secrets. */
export function mesosConfig({ domain, dns, http, upstreams, ipSources, forwardMs }: ShownSettings, zones: Zones): object {
  const apex = zones.apexOf(domain);
  const hasUpstream = upstreams.length > 0;
  return {
    RefreshSeconds: apex?.soa.refresh ?? 0,
    Port: dns[0]?.port ?? 0,
    Timeout: Math.ceil(forwardMs / 1000),
    StateTimeoutSeconds: 0,
    ZkDetectionTimeout: 0,
    HttpPort: http.port,
    TTL: apex?.ttl ?? 0,
    SRVRecordDefaultWeight: apex?.weight ?? 0,
    ...soaOf(apex, zones.serial),
    Masters: null,
    ZoneResolvers: {},
    Resolvers: upstreams.map((upstream) => (upstream.port === 53 ? upstream.address : textOf(upstream))),
    IPSources: ipSources,
    Zk: '',
    Domain: domain,
    File: '',
    Listener: dns[0]?.address ?? '',
    HTTPListener: http.address,
    RecurseOn: hasUpstream,
    DnsOn: true,
    HttpOn: true,
    ExternalOn: hasUpstream,
    EnforceRFC952: false,
    SetTruncateBit: true,
    EnumerationOn: true,
    MesosHTTPSOn: false,
    ...OF_MESOS,
  };
}

function soaOf(apex: Apex | undefined, serial: number): object {
  const { mname = '', rname = '', refresh = 0, retry = 0, expire = 0, minimum = 0 } = apex?.soa ?? {};
  return {
    SOASerial: serial >>> 0,
    SOARefresh: refresh,
    SOARetry: retry,
    SOAExpire: expire,
    SOAMinttl: minimum,
    SOAMname: `${mname}.`,
    SOARname: `${rname}.`,
  };
}

/** How Mesos-DNS logs in to Mesos. Here Marathon is read, with credentials that are never shown. */
const OF_MESOS = {
  CACertFile: '',
  CertFile: '',
  KeyFile: '',
  MesosCredentials: { Principal: '', Secret: '' },
  IAMConfigFile: '',
  MesosAuthentication: '',
} as const;
