import { isIP, isIPv6 } from 'node:net';
import { isDisabled, readServerLine, type ServerLine } from '../haproxy/server-line.ts';
import { serversInText } from '../haproxy/backend-traits.ts';
import { begins, isLikeOurs, strayNames } from './strays.ts';
import { bracketed } from '../lib/bracketed.ts';
import type { ServerException, BackendSection, Document, Fragment, Running, Stray, UnresolvedServer } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';

/** A server as HAProxy has it in memory. */
export interface ServerRow {
  readonly address: string;
  readonly port: string;
  /** What commands or the word `disabled` in its line have set. */
  readonly mode: 'serving' | 'draining' | 'maintenance';
  /** Its health check fails. */
  readonly down: boolean;
  /** Whether the last health check passed, or failed. Checks are also made in maintenance. */
  readonly checkPassed: boolean;
  readonly checkFailed: boolean;
  readonly weight: string;
  readonly isChecked: boolean;
  readonly isTls: boolean;
  /** The host name in its line; undefined when the line has an address. */
  readonly host: string | undefined;
  /** Its host name did not resolve, so it has no address. */
  readonly isUnresolved: boolean;
  /** The whole line of HAProxy's answer. */
  readonly text: string;
}

/** Servers by backend and server name. A backend without servers is not in it. */
export type ServerRows = ReadonlyMap<string, ReadonlyMap<string, ServerRow>>;

const COLUMNS = [
  ...(['be_name', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_check_result', 'srv_port'] as const),
  ...(['srv_uweight', 'srv_check_state', 'srv_use_ssl', 'srv_fqdn'] as const),
] as const;

/** A number for each column. */
type Places<Columns extends readonly unknown[]> = { readonly [Place in keyof Columns]: number };

/**
 * Reads the answer to `show servers state`, for all backends or one. Throws when the text is something else, such as `Can't find backend.`; with
 * `orNone` the result is empty then.
 */
export function readServersState(text: string, { orNone = false } = {}): ServerRows {
  const lines = text.split('\n');
  const head = lines[0] === '1' && lines[1]?.startsWith('# ') === true ? lines[1].slice(2).trim().split(' ') : [];
  const at = COLUMNS.map((name) => head.indexOf(name));
  if (at.includes(-1)) {
    if (orNone) return new Map();
    throw new Error(`HAProxy gave an unusable answer to 'show servers state': ${JSON.stringify(text.slice(0, 200))}`);
  }
  const [backendAt, nameAt, addressAt, stateAt, adminAt, checkAt, portAt, weightAt, configuredAt, tlsAt, hostAt] = at as unknown as Places<
    typeof COLUMNS
  >;
  const rows = new Map<string, Map<string, ServerRow>>();
  const last = Math.max(...at) + 1;
  for (const line of lines.slice(2)) {
    const fields = line.split(' ', last);
    const [backend, name, address, port] = [fields[backendAt], fields[nameAt], fields[addressAt], fields[portAt]];
    if (backend === undefined || name === undefined || address === undefined || port === undefined) continue;
    let servers = rows.get(backend);
    if (servers === undefined) rows.set(backend, (servers = new Map<string, ServerRow>()));
    const [down, checkPassed, checkFailed] = [fields[stateAt] === '0', fields[checkAt] === '3', fields[checkAt] === '2'];
    const [weight = '1', isChecked, isTls] = [fields[weightAt], (Number(fields[configuredAt]) & 2) !== 0, fields[tlsAt] === '1'];
    const [admin, host] = [Number(fields[adminAt]), fields[hostAt] === '-' ? undefined : fields[hostAt]];
    const isUnresolved = host !== undefined && ((admin & 32) !== 0 || address === '-');
    const more = { down, checkPassed, checkFailed, weight, isChecked, isTls, host, isUnresolved };
    servers.set(name, { address, port, mode: modeOf(admin), ...more, text: line });
  }
  return rows;
}

/** Reads `srv_admin_state`: bit 1 is maintenance, bit 8 is drain. Bit 4 only says that the line has `disabled`, and stays when it is enabled later. */
function modeOf(admin: number): ServerRow['mode'] {
  return (admin & 1) !== 0 ? 'maintenance' : (admin & 8) !== 0 ? 'draining' : 'serving';
}

/** Returns the address and port of a server that differ from its line; undefined when they agree, or when the line has a host name. */
export function placeApart({ address: written }: ServerLine, { address, port }: ServerRow): string | undefined {
  if (written === `${address}:${port}` || written === `[${address}]:${port}`) return undefined;
  const [, host = written, portOf] = /^(.*):(\d+)$/.exec(written) ?? [];
  const literal = host.replace(/^(?:ipv[46]@)?\[?([^\]]*)\]?$/, '$1');
  const isThere = isIP(literal) === 0 || isSameAddress(literal, address);
  return isThere && (portOf === undefined || Number(portOf) === Number(port)) ? undefined : `${address} port ${port}`;
}

function isSameAddress(a: string, b: string): boolean {
  if (a === b) return true;
  return isIPv6(a) && isIPv6(b) && new URL(`http://[${a}]`).hostname === new URL(`http://[${b}]`).hostname;
}

/** The servers and backends that HAProxy has. */
export interface Held {
  readonly servers: ServerRows;
  readonly backends: ReadonlySet<string>;
}

/** Returns what HAProxy runs, given that it loaded this document or an earlier one. Parts that agree with the document stay the same objects. */
export function compareServers(document: Document, { servers, backends: known }: Held): Running {
  const [exceptions, lost] = [new Map<string, ServerException>(), new Map<BackendName, string>()];
  const compare = (section: BackendSection): BackendSection => {
    if (!known.has(section.backend)) {
      if (begins(section)) lost.set(section.backend, 'HAProxy does not have this backend');
      return section;
    }
    const rows = servers.get(section.backend) ?? new Map<string, ServerRow>();
    if (isAsWritten(section, rows)) return section;
    const { exceptions: apartHere, lost: why, section: held } = compareSection(section, rows);
    for (const one of apartHere) exceptions.set(`${one.backend}/${one.server}`, one);
    if (why !== undefined) lost.set(section.backend, why);
    return held;
  };
  const backends = sameOr(document.backends, document.backends.map(compare));
  const spares = document.spares && sameOr(document.spares, document.spares.map(compare));
  const differs = backends !== document.backends || spares !== document.spares;
  const unresolved = unresolvedIn(servers);
  const strays = new Map<BackendName, Stray | undefined>();
  for (const name of strayNames(known, document)) {
    const found = strayOf(name, servers.get(name));
    strays.set(name, found?.section);
    for (const one of found?.exceptions ?? []) exceptions.set(`${one.backend}/${one.server}`, one);
  }
  return {
    document: differs ? { ...document, backends, ...(spares && { spares }) } : document,
    exceptions,
    lost,
    ...(strays.size > 0 && { strays }),
    ...(unresolved.length > 0 && { unresolved }),
  };
}

/** The first list when both have the same objects. */
function sameOr<Element>(before: readonly Element[], after: readonly Element[]): readonly Element[] {
  return after.every((one, i) => one === before[i]) ? before : after;
}

function unresolvedIn(servers: ServerRows): readonly UnresolvedServer[] {
  const found: UnresolvedServer[] = [];
  for (const [backend, rows] of servers) {
    for (const [server, { host, isUnresolved }] of rows)
      if (isUnresolved && host !== undefined) found.push({ backend: backend as BackendName, server: server as ServerName, host });
  }
  return found;
}

/** Whether a backend's servers plainly agree with HAProxy. This common case is found without parsing the lines. */
function isAsWritten({ servers }: BackendSection, rows: ReadonlyMap<string, ServerRow>): boolean {
  if (servers.size !== rows.size) return false;
  for (const [name, { text }] of servers) {
    const row = rows.get(name);
    if (row?.mode !== 'serving') return false;
    const isPlain = text.indexOf('\n') === text.length - 1 && !text.includes('disabled');
    const start = `  server ${name} ${bracketed(row.address)}:${row.port}`;
    if (!isPlain || !text.startsWith(start) || !/\s/.test(text.charAt(start.length))) return false;
  }
  return true;
}

interface Compared {
  readonly section: BackendSection;
  readonly exceptions: readonly ServerException[];
  readonly lost: string | undefined;
}

function compareSection(section: BackendSection, rows: ReadonlyMap<string, ServerRow>): Compared {
  const { backend } = section;
  const exceptions: ServerException[] = [];
  const servers = new Map<ServerName, Fragment>();
  const written = new Set<string>();
  let lost: string | undefined;
  let differs = false;
  for (const [server, line] of section.servers) {
    const words = readServerLine(line.text);
    if (words === undefined || !NAME.test(words.name)) return { section, exceptions: [], lost: undefined }; // we can't tell what this template does
    written.add(words.name);
    const row = rows.get(words.name);
    const held = row === undefined ? undefined : heldLine({ line, words, row });
    if (held !== undefined) servers.set(server, held);
    differs ||= held !== line;
    if (row === undefined) continue;
    const place = placeApart(words, row);
    if (place !== undefined) lost ??= `${words.name} is at ${place}, not at ${words.address}`;
    if (row.mode !== 'serving' && !isDisabled(words)) exceptions.push({ backend, server, line, stage: 'stopped' });
  }
  if (rows.size === written.size && !differs) return { section, exceptions, lost };
  const more = foreign(section, { rows, written });
  for (const [name, line] of more.serving) servers.set(name, line);
  const changed = differs || more.serving.length > 0;
  return { section: changed ? { ...section, servers } : section, exceptions: [...exceptions, ...more.exceptions], lost };
}

const NAME = /^[\w.:-]+$/;

interface HeldLine {
  readonly line: Fragment;
  readonly words: ServerLine;
  readonly row: ServerRow;
}

/** Returns a server's line without `disabled` when the server serves all the same. */
function heldLine({ line, words, row }: HeldLine): Fragment {
  if (row.mode === 'maintenance' || !isDisabled(words)) return line;
  return { ...line, text: line.text.replace(/[ \t]disabled(?![^ \t\n])/, '') };
}

/** Returns servers that HAProxy has and the document does not, added by an earlier daemon. Servers in the backend's other lines are left out. */
function foreign(
  section: BackendSection,
  { rows, written }: { readonly rows: ReadonlyMap<string, ServerRow>; readonly written: ReadonlySet<string> },
): { readonly serving: readonly (readonly [ServerName, Fragment])[]; readonly exceptions: readonly ServerException[] } {
  const own = serversInText(section);
  const prefixes = section.fragments.flatMap(({ text }) =>
    Array.from(text.matchAll(/^[ \t]*server-template[ \t]+([\w.:-]+)/gm), ([, prefix]) => prefix ?? ''),
  );
  const isOwn = (name: string): boolean =>
    own.has(name) || prefixes.some((prefix) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)));
  const others = [...rows].filter(([name]) => !written.has(name) && !isOwn(name)) as unknown as readonly [ServerName, ServerRow][];
  return {
    serving: others.flatMap(([name, row]) => (row.mode === 'serving' ? [[name, lineOf(name, row)] as const] : [])),
    exceptions: others.flatMap(([server, row]) =>
      row.mode === 'serving'
        ? []
        : [
            {
              backend: section.backend,
              server,
              line: lineOf(server, row),
              stage: row.mode === 'draining' ? 'draining' : 'stopped',
            } as const,
          ],
    ),
  };
}

/** A backend that an earlier daemon made or did not delete, with its servers; undefined for one that may be somebody else's. */
function strayOf(backend: BackendName, rows: ReadonlyMap<string, ServerRow> = new Map()) {
  if (!isLikeOurs(backend, rows.keys())) return undefined;
  const empty: Stray = { name: `backend ${backend}`, backend, fragments: [], servers: new Map(), leaving: new Set(), found: 'just-now' };
  const { serving, exceptions } = foreign(empty, { rows, written: new Set() });
  return { section: { ...empty, servers: new Map(serving) }, exceptions };
}

/** Makes the line of a server that an earlier daemon added. HAProxy does not tell all options of its check and TLS, so they may be missing. */
function lineOf(name: string, { address, port, weight, isChecked, isTls }: ServerRow): Fragment {
  const place = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
  const words = [...(weight === '1' ? [] : [`weight ${weight}`]), ...(isChecked ? ['check'] : []), ...(isTls ? ['ssl'] : [])];
  const text = `  ${['server', name, place, ...words].join(' ')}\n`;
  return { template: 'HAPROXY_BACKEND_SERVER_OPTIONS', owner: { by: 'operator' }, text };
}
