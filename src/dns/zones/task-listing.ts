import { isUnfit, nameOf, recordsOf, targetOf, type NamedTask, type NameRecord, type NamingRules } from './app-names.ts';
import { isIPv6 } from 'node:net';
import type { ListedRecord } from './records.ts';

/**
 * The records of one task under the Mesos domain, in the order in which Mesos-DNS makes them (records/generator.go): for each stem of the app the
 * task's addresses, the agent's addresses, the agent's ports, and the ports for discovery. Each address is listed for the app's name and then for
 * the task's own name. DC/OS's names are not included.
 */
export function listRecords(named: NamedTask, naming: NamingRules): readonly ListedRecord[] {
  const { tasks, agents, services, agentServices } = naming.places;
  const fit = recordsOf(named, naming).filter((record) => !isUnfit(record));
  return named.stems.mesos.flatMap((stem) => {
    const own = fit.filter((record) => record.stem === stem);
    return [
      ...listAddresses(own.filter(({ place }) => place === tasks)),
      ...listAddresses(own.filter(({ place }) => place === agents)),
      ...listServices(own.filter(({ place }) => place === agentServices.tcp || place === agentServices.udp)),
      ...listServices(own.filter(({ place }) => place === services.tcp || place === services.udp)),
    ];
  });
}

function listAddresses(records: readonly NameRecord[]): readonly ListedRecord[] {
  const addresses = records[0]?.addresses ?? [];
  return addresses.flatMap((host) =>
    records.map((record) => ({
      name: `${nameOf(record)}.`,
      host,
      rtype: isIPv6(host) ? ('AAAA' as const) : ('A' as const),
      isShared: record.mark === '',
    })),
  );
}

function listServices(records: readonly NameRecord[]): readonly ListedRecord[] {
  return records.flatMap((record) => {
    const { stem, service } = record;
    if (service === undefined) return [];
    return { name: `${nameOf(record)}.`, host: `${targetOf(stem, service)}.:${service.port}`, rtype: 'SRV' as const, isShared: false };
  });
}
