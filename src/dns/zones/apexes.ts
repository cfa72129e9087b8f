import { DCOS_ZONE, DIRECTORY } from './name-suffixes.ts';
import type { Apex } from './records.ts';

/** The top of the zone of Mesos names, with Mesos-DNS's default values. `ttl` in seconds. */
export function mesosApex(domain: string, ttl: number): Apex {
  const ns = nameServerOf(domain);
  const times = { refresh: 60, retry: 600, expire: 86_400, minimum: ttl, ttl };
  return {
    ...{ name: domain, ttl, nsTtl: ttl, ns, priority: 0, weight: 1, mildToUnknown: true },
    soa: { mname: ns, rname: `root.${ns}`, ...times },
  };
}

/** The name server in the NS and SOA records of the zone of Mesos names. */
export function nameServerOf(domain: string): string {
  return `ns1.${domain}`;
}

/** The top of the zone of DC/OS's own names. */
export const dcosApex: Apex = directoryApex(DCOS_ZONE);

/** The top of the zone in which DC/OS repeats the Mesos names under its own directory. */
export function mirrorApex(domain: string): Apex {
  return directoryApex(`${domain}.${DIRECTORY}`);
}

/** Values from dcos-net: dcos_dns_mesos, dcos_dns_mesos_dns. */
function directoryApex(name: string): Apex {
  return {
    ...{ name, ttl: 5, nsTtl: 3600, ns: 'ns.spartan', priority: 1, weight: 1, mildToUnknown: false },
    soa: { mname: 'ns.spartan', rname: 'support.mesosphere.com', refresh: 60, retry: 180, expire: 86_400, minimum: 1, ttl: 5 },
  };
}
