import { writeFile } from 'node:fs/promises';
import { namedServers } from '../haproxy/host-names.ts';
import { isChecked, isDisabled, readServerLine } from '../haproxy/server-line.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { BackendSection, Document } from '../model/document.ts';
import type { Runtime } from '../socket/worker.ts';
import { placeApart, readServersState, type ServerRow } from '../socket/servers-state.ts';

/** A state file without servers. HAProxy warns about a missing and about an empty file, but not about this one. */
export const NO_STATES = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
`;

/**
 * Returns the state file for HAProxy's next worker [haproxy: server-state-file], so that it knows which servers are down, and where the servers with
 * a host name are if the name does not resolve now. A row of this file overrides the configuration, so of the servers with an address only those get a
 * row that are down, have a check that can bring them back, and are to serve at the same address. Maintenance and weights are taken from the configuration.
 */
export function keepStates(showServersState: string, wanted: Document): string {
  const rows = readServersState(showServersState);
  const head = showServersState.split('\n', 2)[1] ?? '';
  const columns = head.slice(2).trim().split(' ');
  let text = `1\n${head}\n`;
  for (const section of wanted.backends) {
    const held = rows.get(section.backend);
    if (held === undefined) continue;
    for (const row of rowsOfNames(section, held)) text += `${asConfigured(row.text, columns)}\n`;
    if (!anyDown(held)) continue;
    for (const line of section.servers.values()) {
      const words = readServerLine(line.text);
      const row = words === undefined ? undefined : held.get(words.name);
      if (words === undefined || row === undefined || !row.down || row.mode !== 'serving') continue;
      if (row.host === undefined && isChecked(words) && !isDisabled(words) && placeApart(words, row) === undefined)
        text += `${asConfigured(row.text, columns)}\n`;
    }
  }
  return text;
}

/** The rows of servers that have the same host name as they shall have, and an address; of one that is down and not checked nothing is believed. */
function rowsOfNames({ fragments, servers }: BackendSection, held: ReadonlyMap<string, ServerRow>): readonly ServerRow[] {
  const known = [...held].filter(([, { host, isUnresolved, mode }]) => host !== undefined && !isUnresolved && mode === 'serving');
  if (known.length === 0) return [];
  const named = namedServers([...fragments, ...servers.values()].map(({ text }) => text).join('\n'));
  return known.filter(([name, { host, down, isChecked: checked }]) => named.get(name) === host && (checked || !down)).map(([, row]) => row);
}

function anyDown(rows: ReadonlyMap<string, ServerRow>): boolean {
  for (const { down } of rows.values()) if (down) return true;
  return false;
}

/** Returns a row with the configuration's weight and without maintenance, so that changes by commands are not carried over. */
function asConfigured(row: string, columns: readonly string[]): string {
  const fields = row.split(' ');
  const [admin, used, initial] = ['srv_admin_state', 'srv_uweight', 'srv_iweight'].map((name) => columns.indexOf(name)) as [
    number,
    number,
    number,
  ];
  fields[admin] = '0';
  if (initial >= 0 && used >= 0) fields[used] = fields[initial] ?? '1';
  return fields.join(' ');
}

interface Surroundings {
  readonly statesPath: string;
  readonly runtime: Pick<Runtime, 'read'>;
  readonly log: Logger;
}

/** Writes the state file: which of the document's servers are down, or no servers without a document. Never rejects, as HAProxy starts without it. */
export async function writeStates({ statesPath, runtime, log }: Surroundings, wanted: Document | undefined): Promise<void> {
  try {
    const [states = ''] = wanted === undefined ? [] : await runtime.read(['show servers state']);
    await writeFile(statesPath, wanted === undefined ? NO_STATES : keepStates(states, wanted), { mode: 0o600 });
  } catch (error) {
    log.warn({ file: statesPath, reason: sentence(error) }, 'servers that are down may count as up until their next check');
    if (wanted !== undefined) await writeStates({ statesPath, runtime, log }, undefined);
  }
}
