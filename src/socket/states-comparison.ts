import { bracketed } from '../lib/bracketed.ts';
import type { BackendSection, Document, Fragment } from '../model/document.ts';
import type { ServerName } from '../model/names.ts';
import { addRows, modeOf, StatesReader, type RowsOfBackend, type ServerRow, type ServerRows } from './server-rows.ts';

/** What HAProxy's answer to `show servers state` says beside a document. */
export interface StatesComparison {
  readonly states: StatesReader;
  /** The backends whose servers are plainly as the document has them. */
  readonly asWritten: ReadonlySet<string>;
  /** The servers of all other backends. */
  readonly servers: ServerRows;
}

/**
 * Makes a reader of HAProxy's servers that compares their rows with a document. Of a large estate nearly all are as written, and nothing is made of
 * their rows; only those of other backends are kept.
 */
export function makeStatesComparison({ backends, spares = [] }: Document): StatesComparison {
  const sections = new Map<string, BackendSection>();
  for (const section of [...backends, ...spares]) sections.set(section.backend, section);
  const asWritten = new Set<string>();
  const servers = new Map<string, Map<string, ServerRow>>();
  const states = new StatesReader((its, reader) => {
    const section = sections.get(its.backend);
    if (section !== undefined && isAsWritten(section, its, reader)) asWritten.add(its.backend);
    else addRows(servers, its, reader);
  });
  return { states, asWritten, servers };
}

/** Whether a backend's servers plainly agree with HAProxy. This common case is found without parsing the lines. */
function isAsWritten({ servers }: BackendSection, { lines }: RowsOfBackend, states: StatesReader): boolean {
  return servers.size === lines.length && lines.every((row) => states.at(row) && serves(servers, states));
}

function serves(servers: ReadonlyMap<ServerName, Fragment>, states: StatesReader): boolean {
  const name = states.text('srv_name');
  const text = servers.get(name as ServerName)?.text;
  if (text === undefined || (!states.has('srv_admin_state', '0') && modeOf(Number(states.text('srv_admin_state'))) !== 'serving'))
    return false;
  const isPlain = text.indexOf('\n') === text.length - 1 && !text.includes('disabled');
  const start = `  server ${name} ${bracketed(states.text('srv_addr'))}:${states.text('srv_port')}`;
  return isPlain && text.startsWith(start) && /\s/.test(text.charAt(start.length));
}
