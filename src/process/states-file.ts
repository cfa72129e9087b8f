import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { namedServers } from '../haproxy/host-names.ts';
import { isChecked, isDisabled, readServerLine, type ServerLine } from '../haproxy/server-line.ts';
import { SPARES_MAP } from '../haproxy/settings.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { BackendSection, Document } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Runtime } from '../socket/worker.ts';
import { readMap } from '../socket/map-state.ts';
import { readRow, StatesReader, type ServerRow, type ServerRows } from '../socket/server-rows.ts';
import { differingAddress } from '../socket/servers-state.ts';

/** A state file without servers. HAProxy warns about a missing and about an empty file, but not about this one. */
export const NO_STATES = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
`;

/** What HAProxy's worker says about its servers before a reload. */
export interface StatesNow {
  /** The line that names the columns of a row. */
  readonly head: string;
  /** The servers that are down or have a host name: of no other is a row kept. Each backend that has servers is in it. */
  readonly servers: ServerRows;
  /** The rows of the map of spare backends. */
  readonly spares: ReadonlyMap<string, BackendName>;
}

/** Makes a reader of the answers to `show servers state` and to `show map` of the map of spare backends, an error where there is none. */
export function readStates(): { readonly states: StatesReader; readonly spares: (line: string) => void; readonly end: () => StatesNow } {
  const servers = new Map<string, Map<string, ServerRow>>();
  const spares: string[] = [];
  const states = new StatesReader(({ backend, lines }, reader) => {
    const kept = servers.get(backend) ?? new Map<string, ServerRow>();
    servers.set(backend, kept);
    for (const line of lines) {
      if (!reader.at(line) || (!reader.has('srv_op_state', '0') && reader.has('srv_fqdn', '-'))) continue;
      kept.set(reader.text('srv_name'), readRow(reader, line));
    }
  });
  const end = (): StatesNow => {
    states.end();
    return { head: states.head, servers, spares: readMap(spares.join('\n')) ?? new Map<never, never>() };
  };
  return { states, spares: (line) => void spares.push(line), end };
}

/**
 * Returns the state file for HAProxy's next worker [haproxy: server-state-file], so that it knows which servers are down, and where the servers with
 * a host name are if the name does not resolve now. A row of this file overrides the configuration, so of the servers with an address only those get a
 * row that are down, have a check that can bring them back, and are to serve at the same address. Maintenance and weights are taken from the configuration.
 * The servers of a port that a spare backend has served are known by the name of the port's own backend, to which they move.
 */
export function keepStates({ head, servers: rows, spares }: StatesNow, wanted: Document): string {
  const columns = head.slice(2).trim().split(' ');
  const served = servedBySpares({ maps: { [SPARES_MAP]: spares } });
  const spareOf = new Map(Array.from(served, ([spare, backend]) => [backend, spare]));
  let text = `1\n${head}\n`;
  for (const section of [...wanted.backends, ...(wanted.spares ?? [])]) {
    const held = rows.get(section.backend) ?? rows.get(spareOf.get(section.backend) ?? '');
    if (held === undefined || held.size === 0) continue;
    for (const row of [...rowsOfNames(section, held), ...rowsOfDown(section, held)]) text += `${asConfigured(row, section, columns)}\n`;
  }
  return text;
}

/** The rows of servers with an address that are to begin as down. */
function rowsOfDown({ servers }: BackendSection, held: ReadonlyMap<string, ServerRow>): readonly ServerRow[] {
  if (!anyDown(held)) return [];
  return Array.from(servers.values(), ({ text }) => readServerLine(text)).flatMap((words) => {
    const row = words === undefined ? undefined : held.get(words.name);
    return words !== undefined && row !== undefined && beginsAsDown(words, row) ? [row] : [];
  });
}

function beginsAsDown(words: ServerLine, row: ServerRow): boolean {
  return isOut(row) && row.host === undefined && isChecked(words) && !isDisabled(words) && differingAddress(words, row) === undefined;
}

/** Whether HAProxy's check has found a server down. One in maintenance is meant only where its first check has failed, after which it waits for the next. */
function isOut({ down, mode, checkFailed }: ServerRow): boolean {
  return down && (mode === 'serving' || (mode === 'maintenance' && checkFailed));
}

/** The rows of servers that have the same host name as they shall have, and an address; of one that is down and not checked nothing is believed. */
function rowsOfNames({ fragments, servers }: BackendSection, held: ReadonlyMap<string, ServerRow>): readonly ServerRow[] {
  const known = [...held].filter(([, { host, isUnresolved, mode }]) => host !== undefined && !isUnresolved && mode === 'serving');
  if (known.length === 0) return [];
  const named = namedServers([...fragments, ...servers.values()].map(({ text }) => text).join('\n'));
  return known.filter(([name, { host, down, isChecked: checked }]) => named.get(name) === host && (checked || !down)).map(([, row]) => row);
}

function anyDown(rows: ReadonlyMap<string, ServerRow>): boolean {
  for (const row of rows.values()) if (isOut(row)) return true;
  return false;
}

/** Returns a row with the name of the backend, the configuration's weight and no maintenance, so that changes by commands are not carried over. */
function asConfigured({ text }: ServerRow, { backend }: BackendSection, columns: readonly string[]): string {
  const fields = text.split(' ');
  const [name = -1, admin = -1, used = -1, initial = -1] = CHANGED.map((column) => columns.indexOf(column));
  fields[name] = backend;
  fields[admin] = '0';
  if (initial >= 0 && used >= 0) fields[used] = fields[initial] ?? '1';
  return fields.join(' ');
}

const CHANGED = ['be_name', 'srv_admin_state', 'srv_uweight', 'srv_iweight'] as const;

interface StatesFileSettings {
  readonly statesPath: string;
  /** The configuration file, in whose folder the map files are. */
  readonly config: string;
  readonly runtime: Pick<Runtime, 'readInParts'>;
  readonly log: Logger;
}

/** Writes the state file: which of the document's servers are down, or no servers without a document. Never rejects, as HAProxy starts without it. */
export async function writeStates(own: StatesFileSettings, wanted: Document | undefined): Promise<void> {
  const { statesPath, log } = own;
  try {
    const text = wanted === undefined ? NO_STATES : keepStates(await statesNow(own), wanted);
    await writeFile(statesPath, text, { mode: 0o600 });
  } catch (error) {
    log.warn({ file: statesPath, reason: sentence(error) }, 'servers that are down may count as up until their next check');
    if (wanted !== undefined) await writeStates(own, undefined);
  }
}

async function statesNow({ config, runtime }: StatesFileSettings): Promise<StatesNow> {
  const { states, spares, end } = readStates();
  await runtime.readInParts([
    {
      command: 'show servers state',
      take: (line) => {
        states.line(line);
      },
    },
    { command: `show map ${dirname(config)}/${SPARES_MAP}`, take: spares },
  ]);
  return end();
}
