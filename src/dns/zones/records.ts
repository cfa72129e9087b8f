import type { AppId, TaskId } from '../../model/names.ts';
import type { Problem } from '../../model/problem.ts';

/** Types of the DNS side. All names are full names in lower case without the final dot: 'nginx.marathon.mesos'. */

/** Where a service runs: a name that has addresses, and a port. */
export interface Srv {
  readonly target: string;
  readonly port: number;
}

/** The records of a name. It stays the same object while the records stay the same. */
export interface Entry {
  /** IPv4 addresses, sorted. */
  readonly a: readonly string[];
  /** IPv6 addresses, sorted. */
  readonly aaaa: readonly string[];
  readonly srv: readonly Srv[];
}

/** The top of a zone that we are authoritative for, and the values of its records. */
export interface Apex {
  /** 'mesos' */
  readonly name: string;
  /** The TTL of address and SRV records, in seconds. */
  readonly ttl: number;
  /** The TTL of the NS record, in seconds. */
  readonly nsTtl: number;
  readonly ns: string;
  readonly soa: Soa;
  /** Priority and weight of the zone's SRV records. */
  readonly priority: number;
  readonly weight: number;
  /** Whether a question for SRV, SOA or NS of a name that does not exist gets NODATA in place of NXDOMAIN, as in Mesos-DNS. */
  readonly mildToUnknown: boolean;
}

/** The values of a SOA record. Times are in seconds. */
export interface Soa {
  readonly mname: string;
  readonly rname: string;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
  readonly ttl: number;
}

/** All names at one moment. Use a Zones only until the next one is made: the older object then answers with the newer content. */
export interface Zones {
  /** The zone that a name lies in; undefined for a name outside our zones. */
  readonly apexOf: (name: string) => Apex | undefined;
  /** The records of a name; undefined when neither the name nor a name below it exists. A name that only has names below it has an empty entry. */
  readonly find: (name: string) => Entry | undefined;
  /** Grows with every change. It is the serial (32 bits) of every zone's SOA. */
  readonly serial: number;
  /** Problems with names that several apps make, and with ids that no name can be made from. */
  readonly problems: readonly Problem[];
  /** The tasks that have names, app by app, for complete listings. */
  readonly tasks: () => Iterable<TaskNames>;
}

/** The names of one task, as Mesos-DNS's enumeration lists them. */
export interface TaskNames {
  readonly app: AppId;
  readonly id: TaskId;
  /** The name under which Marathon publishes the task for discovery: 'b.a' for /a/b. */
  readonly name: string;
  /** What each name has from this task, computed when called. Names under thisdcos.directory that mirror Mesos names are not included. */
  readonly records: () => ReadonlyMap<string, Entry>;
  /** The task's records under the Mesos domain in Mesos-DNS's order, computed when called. */
  readonly listed: () => readonly ListedRecord[];
}

/** One record of a task, as Mesos-DNS's /v1/enumerate lists it. */
export interface ListedRecord {
  /** The full name with its final dot. */
  readonly name: string;
  /** An address, or 'target.:port' for an SRV record. */
  readonly host: string;
  readonly rtype: 'A' | 'AAAA' | 'SRV';
  /** Whether other tasks may have a record with the same name and host. */
  readonly isShared: boolean;
}
