import { writeFile } from 'node:fs/promises';
import { isChecked, isDisabled, readServerLine } from '../haproxy/server-line.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document } from '../model/document.ts';
import type { Runtime } from '../socket/worker.ts';
import { placeApart, readServersState, type ServerRow } from '../socket/servers-state.ts';

/** A state file that says nothing of any server. HAProxy warns of a missing one and of an empty one, not of this. */
export const NO_STATES = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
`;

/**
 * What HAProxy's next worker has to know of its servers [haproxy: server-state-file]: which of them are down. It believes of a server all that
 * stands in its row, against the configuration, so only those have one that are down now, have a check that brings them back, and shall serve at
 * the same address; maintenance and weights are those of the configuration.
 */
export function keepStates(showServersState: string, wanted: Document): string {
  const rows = readServersState(showServersState);
  const head = showServersState.split('\n', 2)[1] ?? '';
  const columns = head.slice(2).trim().split(' ');
  let text = `1\n${head}\n`;
  for (const { backend, servers } of wanted.backends) {
    const held = rows.get(backend);
    if (held === undefined || !anyDown(held)) continue;
    for (const line of servers.values()) {
      const words = readServerLine(line.text);
      const row = words === undefined ? undefined : held.get(words.name);
      if (words === undefined || row === undefined || !row.down || row.mode !== 'serving') continue;
      if (isChecked(words) && !isDisabled(words) && placeApart(words, row) === undefined) text += `${asConfigured(row.text, columns)}\n`;
    }
  }
  return text;
}

function anyDown(rows: ReadonlyMap<string, ServerRow>): boolean {
  for (const { down } of rows.values()) if (down) return true;
  return false;
}

/** Without what commands have changed: the weight in use becomes the one of the configuration, and no trace of a ` disabled` is left. */
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

/** Writes what the next worker is told: which of the document's servers are down, or nothing. It never rejects: HAProxy can start without. */
export async function writeStates({ statesPath, runtime, log }: Surroundings, wanted: Document | undefined): Promise<void> {
  try {
    const [states = ''] = wanted === undefined ? [] : await runtime.read(['show servers state']);
    await writeFile(statesPath, wanted === undefined ? NO_STATES : keepStates(states, wanted), { mode: 0o600 });
  } catch (error) {
    log.warn({ file: statesPath, reason: sentence(error) }, 'servers that are down may count as up until their next check');
    if (wanted !== undefined) await writeStates({ statesPath, runtime, log }, undefined);
  }
}
