import type { BackendSection, Command, Running } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { traitsOf } from '../haproxy/backend-traits.ts';
import { deleteBackend, deleteServer } from './runtime-commands.ts';

/**
 * Returns commands that delete stopped servers, and backends that are gone once their last server is. `old` holds the servers ('backend/server') that
 * were stopped a while ago; only these are deleted, because HAProxy 2.6 may crash when a server is deleted right after it was stopped.
 */
export function planDeletions(running: Running, old: ReadonlySet<string>): readonly Command[] {
  const { exceptions, lost, strays = NONE } = running;
  const due = [...exceptions].flatMap(([key, one]) => (one.stage === 'stopped' && old.has(key) && !lost.has(one.backend) ? [one] : []));
  if (due.length === 0 && strays.size === 0) return [];
  const sections = sectionsOf(running, new Set(due.map(({ backend }) => backend)));
  const isFree = new Map(Array.from(sections, ([backend, section]) => [backend, !traitsOf(section, []).refersToServers]));
  const servers = due.flatMap(({ backend, server }) =>
    isFree.get(backend) === true && sections.get(backend)?.servers.has(server) === false ? [deleteServer(backend, server)] : [],
  );
  const left = new Set(Array.from(exceptions.values()).flatMap((one) => (due.includes(one) ? [] : [one.backend])));
  return [...servers, ...[...strays.values()].flatMap((one) => (one === undefined || left.has(one.backend) ? [] : [deleteBackend(one)]))];
}

const NONE: NonNullable<Running['strays']> = new Map();

function sectionsOf({ document, strays = NONE }: Running, names: ReadonlySet<BackendName>): ReadonlyMap<BackendName, BackendSection> {
  const all = [...document.backends, ...(document.spares ?? [])].filter(({ backend }) => names.has(backend));
  const gone = [...strays.values()].flatMap((section) => section ?? []);
  return new Map([...gone, ...all].map((section) => [section.backend, section]));
}
