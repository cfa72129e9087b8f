import { lookup } from 'node:dns/promises';
import type { Task } from '../model/snapshot.ts';
import { within } from '../lib/deadline.ts';
import type { Complete } from './read-to-news.ts';

/** How the names of agents are resolved to addresses. */
export interface HostSettings {
  /** Resolves a name to an address. Rejects when it does not resolve. */
  readonly resolve?: (name: string) => Promise<string>;
  /** How long an address is used before the name is looked up again, in milliseconds. */
  readonly freshMs?: number;
  /** How long a read waits for lookups, in milliseconds. A later result is used at the next read. */
  readonly waitMs?: number;
  readonly now: () => number;
  /** Called once for a name that does not resolve, and again only after the name has resolved in between. */
  readonly unresolved: (name: string, error: unknown) => void;
}

interface KnownAddress {
  readonly address: string | undefined;
  readonly at: number;
}

/**
 * Fills in the addresses of agents that Marathon knows by name, because neither requests nor HAProxy's start should have to wait for DNS. A name that
 * no longer resolves keeps its last address. If a lookup hangs, only one read waits for it.
 */
export function makeHosts({ resolve = lookupOne, freshMs = 60_000, waitMs = 5_000, now, unresolved }: HostSettings): Complete {
  const known = new Map<string, KnownAddress>();
  const told = new Set<string>();
  const asking = new Map<string, Promise<unknown>>();

  async function find(name: string): Promise<void> {
    try {
      known.set(name, { address: await resolve(name), at: now() });
      told.delete(name);
    } catch (error) {
      known.set(name, { address: known.get(name)?.address, at: now() });
      if (!told.has(name)) unresolved(name, error);
      told.add(name);
    } finally {
      asking.delete(name);
    }
  }

  function ask(name: string, signal: AbortSignal): Promise<unknown> {
    const asked = asking.get(name) ?? within(find(name), { ms: waitMs, signal });
    asking.set(name, asked);
    return asked;
  }

  return async (apps, { whole, signal }) => {
    const names = new Set(apps.flatMap(({ tasks }) => tasks.filter(isUnresolved).map(({ host }) => host)));
    if (whole) for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    if (names.size === 0) return apps;
    const stale = [...names].filter((name) => now() - (known.get(name)?.at ?? -Infinity) > freshMs);
    await Promise.all(stale.map((name) => ask(name, signal)));
    return apps.map((app) => (app.tasks.some(isUnresolved) ? { ...app, tasks: app.tasks.map((task) => withAddress(task, known)) } : app));
  };
}

function isUnresolved({ host, hostAddress }: Task): boolean {
  return hostAddress === undefined && host !== '';
}

function withAddress(task: Task, known: ReadonlyMap<string, KnownAddress>): Task {
  return isUnresolved(task) ? { ...task, hostAddress: known.get(task.host)?.address } : task;
}

async function lookupOne(name: string): Promise<string> {
  return (await lookup(name, { family: 0, order: 'ipv4first' } as object)).address;
}
