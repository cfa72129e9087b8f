import { isIP, isIPv6 } from 'node:net';
import { isDisabled, readServerLine, type ServerLine } from '../haproxy/server-line.ts';
import { serversInText } from '../haproxy/backend-traits.ts';
import type { ServerRow, ServerRows } from './server-rows.ts';
import { begins, isLikeOurs, strayNames } from './strays.ts';
import type { ServerException, BackendSection, Document, Fragment, Running, Stray, UnresolvedServer } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';

/** Returns the address and port of a server that differ from its line; undefined when they agree, or when the line has a host name. */
export function differingAddress({ address: written }: ServerLine, { address, port }: ServerRow): string | undefined {
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
export interface ReportedServers {
  readonly servers: ServerRows;
  /** The backends whose servers are plainly as written; they are not in `servers`. */
  readonly asWritten: ReadonlySet<string>;
  readonly backends: ReadonlySet<string>;
}

/** What HAProxy has of one backend. */
export interface ComparedBackend {
  /** The same object when it agrees. */
  readonly section: BackendSection;
  readonly exceptions: readonly ServerException[];
  /** Why commands can't bring it to what is wanted. */
  readonly lost: string | undefined;
}

/** Compares a backend with what HAProxy has. */
export function compareBackend(section: BackendSection, { servers, asWritten, backends: known }: ReportedServers): ComparedBackend {
  const { backend } = section;
  if (!known.has(backend)) return { section, exceptions: [], lost: begins(section) ? 'HAProxy does not have this backend' : undefined };
  const rows = servers.get(backend) ?? new Map<string, ServerRow>();
  const isSame = asWritten.has(backend) || (rows.size === 0 && section.servers.size === 0);
  return isSame ? { section, exceptions: [], lost: undefined } : compareSection(section, rows);
}

/** Returns what HAProxy runs, given that it loaded this document or an earlier one. Parts that agree with the document stay the same objects. */
export function compareServers(document: Document, reported: ReportedServers): Running {
  const [exceptions, lost] = [new Map<string, ServerException>(), new Map<BackendName, string>()];
  const compare = (before: BackendSection): BackendSection => {
    const { exceptions: found, lost: why, section } = compareBackend(before, reported);
    for (const one of found) exceptions.set(`${one.backend}/${one.server}`, one);
    if (why !== undefined) lost.set(section.backend, why);
    return section;
  };
  const backends = sameOr(document.backends, document.backends.map(compare));
  const spares = document.spares && sameOr(document.spares, document.spares.map(compare));
  const differs = backends !== document.backends || spares !== document.spares;
  const unresolved = unresolvedIn(reported.servers);
  const strays = new Map<BackendName, Stray | undefined>();
  for (const name of strayNames(reported.backends, document)) {
    const found = strayOf(name, reported.servers.get(name));
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

function compareSection(section: BackendSection, rows: ReadonlyMap<string, ServerRow>): ComparedBackend {
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
    const current = row === undefined ? undefined : lineInForce({ line, words, row });
    if (current !== undefined) servers.set(server, current);
    differs ||= current !== line;
    if (row === undefined) continue;
    const place = differingAddress(words, row);
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

interface WrittenServer {
  readonly line: Fragment;
  readonly words: ServerLine;
  readonly row: ServerRow;
}

/** Returns a server's line without `disabled` when the server serves all the same. */
function lineInForce({ line, words, row }: WrittenServer): Fragment {
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
export function strayOf(
  backend: BackendName,
  rows: ReadonlyMap<string, ServerRow> = new Map(),
): { readonly section: Stray; readonly exceptions: readonly ServerException[] } | undefined {
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
