import type { Apex, Entry, Srv, Zones } from '../../../src/dns/zones/records.ts';

/** What a test has under a name; what it leaves out is empty. */
export type Names = Readonly<Record<string, Partial<Entry>>>;

const SOA = { mname: 'ns1.mesos', rname: 'root.ns1.mesos', refresh: 60, retry: 600, expire: 86_400, minimum: 60, ttl: 60 };

const MESOS: Apex = {
  name: 'mesos',
  ttl: 60,
  nsTtl: 60,
  ns: 'ns1.mesos',
  soa: SOA,
  priority: 0,
  weight: 1,
  mildToUnknown: true,
};

const DCOS: Apex = {
  ...MESOS,
  name: 'dcos.thisdcos.directory',
  ttl: 5,
  nsTtl: 3_600,
  ns: 'ns.spartan',
  soa: { ...SOA, mname: 'ns.spartan', ttl: 5, minimum: 1 },
  mildToUnknown: false,
};

/** Zones by hand: names that only have names below them have nothing, as in the real ones. */
export function makeZones(names: Names, { serial = 1, apexes = [MESOS, DCOS] }: { serial?: number; apexes?: readonly Apex[] } = {}): Zones {
  const entries = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(names)) {
    const labels = name.split('.');
    for (let i = 1; i < labels.length; i++) {
      const above = labels.slice(i).join('.');
      if (!entries.has(above)) entries.set(above, NOTHING);
    }
    entries.set(name, full(entry));
  }
  return {
    apexOf: (name) => apexes.find((apex) => name === apex.name || name.endsWith(`.${apex.name}`)),
    find: (name) => entries.get(name),
    serial,
  } as Zones;
}

const NOTHING: Entry = { a: [], aaaa: [], srv: [] };
const made = new WeakMap<Partial<Entry>, Entry>();

/** The same for the same. */
function full(entry: Partial<Entry>): Entry {
  const known = made.get(entry) ?? { ...NOTHING, ...entry };
  made.set(entry, known);
  return known;
}

export const ADDRESSES = ['192.168.84.196', '192.168.84.197', '192.168.50.70'] as const;
const TASKS = ['nginx-jhy6r-s1', 'nginx-iffe9-s2', 'nginx-tzrok-s1'] as const;

/** The tutorial's app, as Mesos-DNS names it. */
export const NGINX: Names = {
  'ns1.mesos': { a: ['127.0.0.1'] },
  'nginx.marathon.mesos': { a: ADDRESSES, aaaa: ['fd00::1'] },
  'v4.marathon.mesos': { a: ['192.168.50.71'] },
  '_nginx._tcp.marathon.mesos': { srv: TASKS.map((task): Srv => ({ target: `${task}.marathon.mesos`, port: 80 })) },
  ...Object.fromEntries(TASKS.map((task, i) => [`${task}.marathon.mesos`, { a: [ADDRESSES[i] ?? ''] }])),
  'nginx.marathon.containerip.dcos.thisdcos.directory': { a: ADDRESSES },
};
