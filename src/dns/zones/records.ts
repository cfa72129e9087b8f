import type { AppId, TaskId } from '../../model/names.ts';
import type { Problem } from '../../model/problem.ts';

/** Types of the DNS side. Names are in full, in lower case, without the last dot: 'nginx.marathon.mesos'. */

/** Where a service is: a name that has addresses, and a port there. */
export interface Srv {
  readonly target: string;
  readonly port: number;
}

/** What a name has. The same object as long as it has the same. */
export interface Entry {
  /** IPv4 addresses, in order. */
  readonly a: readonly string[];
  /** IPv6 addresses, in order. */
  readonly aaaa: readonly string[];
  readonly srv: readonly Srv[];
}

/** The top of a zone that is answered for with authority. */
export interface Apex {
  /** 'mesos' */
  readonly name: string;
  /** Of addresses and services, in seconds. */
  readonly ttl: number;
  /** Of the name servers' record, in seconds. */
  readonly nsTtl: number;
  readonly ns: string;
  readonly soa: Soa;
  /** Priority and weight of its services. */
  readonly priority: number;
  readonly weight: number;
  /** Whether a service, SOA or NS is asked for at a name that does not exist: Mesos-DNS says that there is none, not that the name is unknown. */
  readonly mildToUnknown: boolean;
}

/** Times in seconds. */
export interface Soa {
  readonly mname: string;
  readonly rname: string;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
  readonly ttl: number;
}

/** All that is known of names, at one moment: it is to be asked until there is a later one, and then tells what that tells. */
export interface Zones {
  /** The zone that a name lies in; undefined for one that is somebody else's. */
  readonly apexOf: (name: string) => Apex | undefined;
  /** What a name has; undefined when there is none of it, nor any below it. One that only has names below it has nothing. */
  readonly find: (name: string) => Entry | undefined;
  /** Grows with every change; of every zone's SOA, in 32 bits. */
  readonly serial: number;
  /** Names that several apps make, and ids that make none. */
  readonly problems: readonly Problem[];
  /** The tasks that have names, app by app, for lists of all. */
  readonly tasks: () => Iterable<TaskNames>;
}

/** The names of one task, as Mesos-DNS enumerates them. */
export interface TaskNames {
  readonly app: AppId;
  readonly id: TaskId;
  /** As Marathon calls it for others to discover: 'b.a' of /a/b. */
  readonly name: string;
  /** What they have of this task, made when it is asked for; those of the mirror under thisdcos.directory are not among them. */
  readonly records: () => ReadonlyMap<string, Entry>;
}
