import type { BackendSection, Command, Running, Stray } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { traitsOf } from '../haproxy/backend-traits.ts';
import { stopServer } from './plan-servers.ts';
import { deleteBackend, deleteServer, unpublishBackend } from './runtime-commands.ts';

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
  return [...servers, ...[...strays.values()].flatMap((one) => (one === undefined ? [] : leaving(one, running, left)))];
}

/**
 * The next commands for a backend that is to be deleted. One that was read back is asked about first: HAProxy says of a backend to which its file refers
 * that it can't be deleted, and that one is left alone. So is one to which rows of maps lead: it serves, and the next reload brings it into the file.
 */
function leaving(stray: Stray, running: Running, left: ReadonlySet<BackendName>): readonly Command[] {
  const { backend, found, servers } = stray;
  if (found === undefined) return left.has(backend) ? [] : [deleteBackend(stray)];
  if (isLedTo(backend, running)) return [];
  if (found === 'just-now') return [deleteBackend(stray)];
  const draining = [...running.exceptions.values()].filter((one) => one.backend === backend && one.stage === 'draining');
  const lines = [...servers, ...draining.map(({ server, line }) => [server, line] as const)];
  const empty = { ...stray, servers: new Map<never, never>() };
  const away = [unpublishBackend(empty), ...lines.map(([server, line]) => stopServer({ backend, server, line }))];
  return lines.length > 0 || left.has(backend) ? away : [...away, deleteBackend(empty)];
}

function isLedTo(backend: BackendName, { document: { maps } }: Running): boolean {
  return Object.values(maps).some((map) => [...map.values()].includes(backend));
}

const NONE: NonNullable<Running['strays']> = new Map();

function sectionsOf({ document, strays = NONE }: Running, names: ReadonlySet<BackendName>): ReadonlyMap<BackendName, BackendSection> {
  const all = [...document.backends, ...(document.spares ?? [])].filter(({ backend }) => names.has(backend));
  const gone = [...strays.values()].flatMap((section) => section ?? []);
  return new Map([...gone, ...all].map((section) => [section.backend, section]));
}
