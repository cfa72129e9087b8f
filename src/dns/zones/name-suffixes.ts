import { dcosLabel, frameworkName, joined, upwards } from './dns-names.ts';

/** The domain that all DC/OS names lie in. */
export const DIRECTORY = 'thisdcos.directory';
/** The zone that apps have names in on DC/OS beside marathon.mesos. */
export const DCOS_ZONE = `dcos.${DIRECTORY}`;

/** The part of a name after the app's name. */
export interface NameSuffix {
  /** A power of two, so that a set of places fits into one number. */
  readonly bit: number;
  /** '_tcp.marathon.mesos' */
  readonly name: string;
  /** The name and the names above it, without the zone's top. */
  readonly above: readonly string[];
}

/** The protocols that names of ports tell apart: `_tcp` and `_udp`. */
export type Protocol = 'tcp' | 'udp';

/** All places in which apps have names. */
export interface NameSuffixes {
  /** marathon.mesos */
  readonly tasks: NameSuffix;
  /** marathon.slave.mesos */
  readonly agents: NameSuffix;
  /** _tcp.marathon.mesos */
  readonly services: Readonly<Record<Protocol, NameSuffix>>;
  /** _tcp.marathon.slave.mesos */
  readonly agentServices: Readonly<Record<Protocol, NameSuffix>>;
  /** marathon.agentip.dcos.thisdcos.directory */
  readonly dcos: Readonly<Record<'agentip' | 'containerip' | 'autoip', NameSuffix>>;
  /** The place with the bit 1 << i is at index i. */
  readonly all: readonly NameSuffix[];
}

/** `domain` is the domain of Mesos names; `framework` is Marathon's name in Mesos. */
export function makeNameSuffixes({ domain, framework }: { readonly domain: string; readonly framework: string }): NameSuffixes {
  const all: NameSuffix[] = [];
  const place = (zone: string, ...parts: readonly string[]): NameSuffix => {
    const name = joined(...parts, zone);
    const made = { bit: 1 << all.length, name, above: upwards(name, zone) };
    all.push(made);
    return made;
  };
  const mesos = frameworkName(framework);
  const dcos = dcosLabel(framework);
  return {
    tasks: place(domain, mesos),
    agents: place(domain, mesos, 'slave'),
    services: { tcp: place(domain, '_tcp', mesos), udp: place(domain, '_udp', mesos) },
    agentServices: { tcp: place(domain, '_tcp', mesos, 'slave'), udp: place(domain, '_udp', mesos, 'slave') },
    dcos: {
      agentip: place(DCOS_ZONE, dcos, 'agentip'),
      containerip: place(DCOS_ZONE, dcos, 'containerip'),
      autoip: place(DCOS_ZONE, dcos, 'autoip'),
    },
    all,
  };
}
