import type { AppId } from '../../model/names.ts';
import type { Definition, Port, Task } from '../../model/snapshot.ts';
import { addressesOf, agentAddresses, autoIps, containerIps, type IpSource } from './addresses.ts';
import { agentTail, dcosLabel, faultOf, LONGEST_LABEL, LONGEST_NAME, marked, mesosLabel, taskHash, taskName } from './dns-names.ts';
import type { NameSuffix, NameSuffixes, Protocol } from './name-suffixes.ts';

/** The operator's decisions about names, and the places that follow from them. */
export interface NamingRules {
  readonly places: NameSuffixes;
  readonly ipSources: readonly IpSource[];
  /** Whether unhealthy tasks are left out when the app has healthy ones. */
  readonly healthyOnly: boolean;
}

/** The part of a name that comes from the app's id: 'b.a' or 'b-a' for /a/b. */
export interface Stem {
  /** Its index among the stems of its app. */
  readonly at: number;
  readonly text: string;
  /** Lengths of the first and the last label, in characters. */
  readonly first: number;
  readonly last: number;
  /** Why no DNS name can be made from this stem; undefined when one can. */
  readonly fault: string | undefined;
}

/** The parts of an app's names that stand for the app itself, in front of the suffixes. */
export interface Stems {
  readonly all: readonly Stem[];
  /** The stems that Mesos-DNS uses: the dotted name, and the name as one label. */
  readonly mesos: readonly Stem[];
  readonly dcos: readonly Stem[];
}

/** The stems of an app. There are fewer than three when some are equal, or when nothing of the id is allowed in DNS. */
export function makeStems(app: AppId): Stems {
  const dotted = taskName(app).toLowerCase();
  const [label, dcos] = [mesosLabel(dotted), dcosLabel(dotted)];
  const texts = [...new Set([dotted, label, dcos])].filter((text) => text !== '');
  const all = texts.map(makeStem);
  return { all, mesos: all.filter(({ text }) => text === dotted || text === label), dcos: all.filter(({ text }) => text === dcos) };
}

function makeStem(text: string, at: number): Stem {
  const first = `${text}.`.indexOf('.');
  return { at, text, first, last: text.length - text.lastIndexOf('.') - 1, fault: faultOf(text) };
}

/** A task that has DNS names. */
export interface NamedTask {
  readonly app: AppId;
  readonly stems: Stems;
  readonly task: Task;
  /** The definition that describes the task's ports. */
  readonly definition: Definition;
  /** The suffix of the stem in names that only this task has: '-jhy6r-s1'. */
  readonly mark: string;
}

/** Returns a task with the mark that makes the names of the single task: a hash of its id, and the end of its agent's id where the agent is known. */
export function makeNamedTask({ app, stems, task, definition }: Omit<NamedTask, 'mark'>): NamedTask {
  const tail = agentTail(task.agent ?? '');
  return { app, stems, task, definition, mark: `-${taskHash(task.id)}${tail === '' ? '' : `-${tail}`}` };
}

/** What one task contributes to a name: addresses, or the port of a service that runs at the task's own name. */
export interface NameRecord {
  readonly stem: Stem;
  readonly place: NameSuffix;
  /** '', '_' or '_http._' */
  readonly prefix: string;
  /** The task's mark in names that only this task has, else ''. */
  readonly mark: string;
  readonly addresses: readonly string[];
  readonly service: { readonly port: number; readonly at: NameSuffix; readonly mark: string } | undefined;
}

/**
 * Everything that one task contributes to the names of its app (Mesos-DNS: records/generator.go, for tasks with DiscoveryInfo; dcos-net:
 * dcos_dns_mesos). Includes records whose names are too long: see `isUnfit`. A task without an address has no service records. `only` limits the
 * result to one place, to save work.
 */
export function recordsOf(named: NamedTask, { places, ipSources }: NamingRules, only?: NameSuffix): readonly NameRecord[] {
  const { task, definition, stems, mark } = named;
  const own = addressesOf(task, ipSources);
  const agent = agentAddresses(task);
  const records: NameRecord[] = [];
  const tell = (place: NameSuffix, addresses: readonly string[], { stem, mark: whose }: Pick<NameRecord, 'stem' | 'mark'>): void => {
    if (addresses.length === 0 || (only !== undefined && only !== place)) return;
    records.push({ stem, place, prefix: '', mark: whose, addresses, service: undefined });
  };
  for (const stem of stems.mesos) {
    for (const whose of ['', mark]) {
      tell(places.tasks, own, { stem, mark: whose });
      tell(places.agents, agent, { stem, mark: whose });
    }
    if (own.length > 0) tellDiscovered(named, places, serviceRecords(stem, records, only));
    if (agent.length > 0) tellAllocated(named, places, serviceRecords(stem, records, only));
  }
  for (const stem of stems.dcos) {
    tell(places.dcos.agentip, agent, { stem, mark: '' });
    tell(places.dcos.containerip, containerIps(task, definition), { stem, mark: '' });
    tell(places.dcos.autoip, autoIps(task, definition), { stem, mark: '' });
  }
  return records;
}

const NONE: readonly string[] = [];

type TellService = (place: NameSuffix, prefix: string, service: NonNullable<NameRecord['service']>) => void;

function serviceRecords(stem: Stem, records: NameRecord[], only: NameSuffix | undefined): TellService {
  return (place, prefix, service) => {
    if (only === undefined || only === place) records.push({ stem, place, prefix, mark: '', addresses: NONE, service });
  };
}

/** Records for the ports that Marathon publishes for discovery, by protocol, with and without the port's name. */
function tellDiscovered({ task, definition, mark }: NamedTask, places: NameSuffixes, tell: TellService): void {
  for (const [index, port] of definition.ports.entries()) {
    const number = discoveryPort(task, definition, index);
    if (number === undefined) continue;
    const service = { port: number, at: places.tasks, mark };
    const name = mesosLabel(port.name ?? '');
    for (const protocol of protocolsOf(port)) {
      tell(places.services[protocol], '_', service);
      if (name !== '') tell(places.services[protocol], `_${name}._`, service);
    }
  }
}

/** Records for the ports that the agent allocated to the task, for both protocols. */
function tellAllocated({ task, mark }: NamedTask, { agents, agentServices }: NameSuffixes, tell: TellService): void {
  for (const port of task.hostPorts) {
    if (port === undefined) continue;
    const service = { port, at: agents, mark };
    tell(agentServices.tcp, '_', service);
    tell(agentServices.udp, '_', service);
  }
}

function protocolsOf({ tcp, udp }: Port): readonly Protocol[] {
  return [...(tcp ? (['tcp'] as const) : []), ...(udp === true ? (['udp'] as const) : [])];
}

/** The agent's port if there is one, even for a container with its own address; else the container's port (Marathon: PortDiscovery). */
function discoveryPort(task: Task, { network, ports }: Definition, index: number): number | undefined {
  const { containerName } = ports[index] ?? {};
  if (containerName !== undefined && containerName !== task.containerName) return undefined; // the endpoint of another container
  const onAgent = task.hostPorts[index];
  const number = network === 'container' ? (onAgent ?? ports[index]?.container) : onAgent;
  return number === 0 ? undefined : number; // a container port of 0 means the agent's port, which is unknown here
}

/** The full name of a record: 'nginx.marathon.mesos'. */
export function nameOf({ prefix, stem, mark, place }: NameRecord): string {
  return `${prefix}${mark === '' ? stem.text : marked(stem.text, mark)}.${place.name}`;
}

/** The name at which the service of a record runs: 'nginx-jhy6r-s1.marathon.mesos'. */
export function targetOf(stem: Stem, { mark, at }: { readonly mark: string; readonly at: NameSuffix }): string {
  return `${marked(stem.text, mark)}.${at.name}`;
}

/** Whether a record can't be published, because DNS does not allow its name or the name of its target. */
export function isUnfit({ prefix, stem, mark, place, service }: Omit<NameRecord, 'addresses'>): boolean {
  if (stem.fault !== undefined) return true;
  if (prefix !== '' && (stem.first >= LONGEST_LABEL || prefix.length > LONGEST_LABEL + '._'.length)) return true; // the '_' is part of the label
  if (prefix.length + lengthOf(stem, mark) + place.name.length > LONGEST_NAME) return true;
  return service !== undefined && lengthOf(stem, service.mark) + service.at.name.length > LONGEST_NAME;
}

/**
 * Why a record can't be published, as a sentence without its period. Undefined when only its target's name is at fault: that name has its own record,
 * which reports it.
 */
export function unfitness(record: NameRecord): string | undefined {
  const name = nameOf(record);
  const fault = faultOf(name);
  return fault && `the DNS name ${name} is left out: ${fault}`;
}

/** The length of the name up to its place, including the dot, computed without building the name. */
function lengthOf({ text, last }: Stem, mark: string): number {
  const cut = mark === '' ? 0 : Math.max(0, last + mark.length - LONGEST_LABEL);
  return text.length - cut + mark.length + 1;
}
