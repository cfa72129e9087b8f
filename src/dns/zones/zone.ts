import { keep } from '../../lib/keep.ts';
import type { Problem } from '../../model/problem.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { IpSource } from './addresses.ts';
import { dcosApex, mesosApex, mirrorApex, nameServerOf } from './apexes.ts';
import { recordsOf, type NamingRules } from './app-names.ts';
import { makeDirectory, type Directory } from './directory.ts';
import { gather, makeEntry, NOTHING } from './entries.ts';
import { isIn, LONGEST_NAME, taskName } from './dns-names.ts';
import { nameProblems } from './name-problems.ts';
import { DIRECTORY, makeNameSuffixes } from './name-suffixes.ts';
import type { Apex, Entry, TaskNames, Zones } from './records.ts';
import { listRecords } from './task-listing.ts';

/** The operator's decisions about the zones. */
export interface ZoneSettings {
  /** The domain of Mesos names, in lower case without the final dot: 'mesos'. */
  readonly domain: string;
  /** Marathon's name in Mesos: 'marathon'. */
  readonly framework: string;
  /** The TTL of Mesos names, in seconds. */
  readonly ttl: number;
  /** Where Mesos names take a task's address from: the first source that has any. DC/OS's names do not use this setting. */
  readonly ipSources: readonly IpSource[];
  /** Whether unhealthy tasks are left out when the app has healthy ones. */
  readonly healthyOnly: boolean;
  /** The addresses of this name server itself. */
  readonly nameServers: readonly string[];
}

/**
 * Returns the function Snapshot -> Zones, for all apps whatever their HAPROXY_GROUP. It remembers the previous snapshot, so only apps that changed
 * cost work. The Entry of a name stays the same object while the name's records stay the same, and the Zones stay the same object while no name
 * changed. All Zones share one directory, so only the latest Zones is valid.
 */
export function makeZones(settings: ZoneSettings): (snapshot: Snapshot) => Zones {
  const { domain, ipSources, healthyOnly } = settings;
  const naming: NamingRules = { places: makeNameSuffixes(settings), ipSources, healthyOnly };
  const directory = makeDirectory(naming);
  const apexes = [dcosApex, mirrorApex(domain), mesosApex(domain, settings.ttl)];
  const apexOf: Zones['apexOf'] = (name) => apexes.find((apex) => isIn(name, apex.name));
  const find = makeFind({ directory, apexes, settings });
  const tasks = (): Iterable<TaskNames> => namesOfTasks(directory, naming);
  let last: Zones = { apexOf, find, serial: 0, problems: [], tasks };
  return ({ apps }) => {
    const isChanged = directory.update(apps);
    if (!isChanged && last.serial > 0) return last;
    const problems: readonly Problem[] = keep(last.problems, nameProblems(directory, naming.places));
    last = { ...last, serial: last.serial + 1, problems };
    return last;
  };
}

interface FindSources {
  readonly directory: Directory;
  readonly apexes: readonly Apex[];
  readonly settings: ZoneSettings;
}

function makeFind({ directory, apexes, settings: { domain, nameServers } }: FindSources): Zones['find'] {
  const tops = new Set(apexes.map(({ name }) => name));
  const server = { name: nameServerOf(domain), entry: makeEntry(nameServers, []) };
  const direct = (name: string): Entry | undefined =>
    directory.find(name) ?? (name === server.name ? server.entry : tops.has(name) ? NOTHING : undefined);
  const mirror = { top: `${domain}.${DIRECTORY}`, rename: makeRename(domain) };
  const mirrored = (name: string): Entry | undefined => {
    const entry = isIn(name, mirror.top) ? direct(name.slice(0, -DIRECTORY.length - 1)) : undefined;
    return entry && mirror.rename(entry);
  };
  return (name) => direct(name) ?? mirrored(name);
}

/** For the mirror: makes the services of an entry point to names in the mirror. Returns the same object for the same entry. */
function makeRename(domain: string): (entry: Entry) => Entry {
  const renamed = new WeakMap<Entry, Entry>();
  return (entry) => {
    if (entry.srv.length === 0) return entry;
    const known = renamed.get(entry);
    if (known !== undefined) return known;
    const services = entry.srv.map((one) => (isIn(one.target, domain) ? { ...one, target: `${one.target}.${DIRECTORY}` } : one));
    const made = { ...entry, srv: services.filter(({ target }) => target.length <= LONGEST_NAME) };
    renamed.set(entry, made);
    return made;
  };
}

function* namesOfTasks({ apps }: Directory, naming: NamingRules): Generator<TaskNames> {
  for (const { id: app, tasks } of apps()) {
    for (const named of tasks) {
      yield {
        app,
        id: named.task.id,
        name: taskName(app),
        records: () => gather(recordsOf(named, naming)),
        listed: () => listRecords(named, naming),
      };
    }
  }
}
