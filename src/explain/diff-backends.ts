import { groupBy } from '../lib/group-by.ts';
import { limitedBackend } from '../haproxy/limits.ts';
import { LIMITS_MAP } from '../haproxy/settings.ts';
import { bindsOf } from '../haproxy/binds.ts';
import { readServerLine, isSameLine } from '../haproxy/server-line.ts';
import { fragmentsText } from '../haproxy/same-sections.ts';
import { bracketed } from '../lib/bracketed.ts';
import { byText } from '../lib/lists.ts';
import { hideInLines } from '../lib/secrets.ts';
import type { BackendSection, Document } from '../model/document.ts';

/** What is different of one backend, and of the port that leads to it. */
export interface BackendDiff {
  readonly backend: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Addresses of servers. */
  readonly serversAdded: readonly string[];
  readonly serversRemoved: readonly string[];
  /** Servers whose line has other options. */
  readonly serversChanged: readonly string[];
  /** What the port's own frontend binds, where that is different. */
  readonly bindBefore: readonly string[];
  readonly bindAfter: readonly string[];
  readonly linesAdded: readonly string[];
  readonly linesRemoved: readonly string[];
}

/** The backends of two documents by name, where they are different. */
export function diffBackends(before: Document, after: Document): readonly BackendDiff[] {
  const [was, now] = [byName(before), byName(after)];
  const [limitedBefore, limitedAfter] = [limitsByBackend(before), limitsByBackend(after)];
  const [boundBefore, boundAfter] = [bindsByBackend(before), bindsByBackend(after)];
  return [...new Set([...was.keys(), ...now.keys()])].sort(byText).flatMap((backend) => {
    const [one, other] = [was.get(backend), now.get(backend)];
    const [bindBefore, bindAfter] = [boundBefore.get(backend) ?? [], boundAfter.get(backend) ?? []];
    const isRebound = bindBefore.join(' ') !== bindAfter.join(' ');
    const servers = diffServers(one, other);
    const lines = diffLines(linesOf(one, limitedBefore), linesOf(other, limitedAfter));
    const isSame = Object.values({ ...servers, ...lines }).every((list) => list.length === 0);
    if (one !== undefined && other !== undefined && isSame && !isRebound) return [];
    const change = one === undefined ? 'added' : other === undefined ? 'removed' : 'changed';
    return [{ backend, change, ...servers, ...lines, bindBefore: isRebound ? bindBefore : [], bindAfter: isRebound ? bindAfter : [] }];
  });
}

function byName({ backends }: Document): ReadonlyMap<string, BackendSection> {
  return new Map(backends.map((section) => [section.backend, section]));
}

/** From HAProxy 3.3 on a port's frontend has '-in' behind its name. */
function bindsByBackend({ front }: Document): ReadonlyMap<string, readonly string[]> {
  return new Map(
    front.flatMap((section) => {
      const [, name] = /^frontend (\S+?)(?:-in)?$/.exec(section.name) ?? [];
      const binds = bindsOf(fragmentsText(section)).map(({ address, port }) => `${bracketed(address)}:${port}`);
      return name === undefined || binds.length === 0 ? [] : [[name, binds] as const];
    }),
  );
}

function diffServers(before: BackendSection | undefined, after: BackendSection | undefined) {
  const [was, now] = [serversIn(before), serversIn(after)];
  return {
    serversAdded: [...now.keys()].filter((address) => !was.has(address)),
    serversRemoved: [...was.keys()].filter((address) => !now.has(address)),
    serversChanged: [...now].flatMap(([address, line]) => (was.has(address) && !isSameLine(was.get(address) ?? '', line) ? [address] : [])),
  };
}

/** Lines of servers by address, also of those that a template has among its own lines. */
function serversIn(section: BackendSection | undefined): ReadonlyMap<string, string> {
  if (section === undefined) return new Map();
  return new Map(
    allLinesOf(section).flatMap((text) => {
      const line = readServerLine(text);
      return line === undefined ? [] : [[line.address, text.trim()] as const];
    }),
  );
}

/** The other lines: those of a backend that is on both sides alone. */
function diffLines(was: readonly string[] | undefined, now: readonly string[] | undefined) {
  if (was === undefined || now === undefined) return { linesAdded: [], linesRemoved: [] };
  return { linesAdded: now.filter((line) => !was.includes(line)), linesRemoved: was.filter((line) => !now.includes(line)) };
}

/** The lines of a backend, and the rows of the map of limits that are about it. */
function linesOf(section: BackendSection | undefined, limits: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  return section && [...linesIn(section), ...(limits.get(section.backend) ?? [])];
}

function limitsByBackend({ maps }: Document): ReadonlyMap<string, readonly string[]> {
  const rows = groupBy(maps[LIMITS_MAP] ?? [], ([key]) => limitedBackend(key));
  return new Map(Array.from(rows, ([backend, own]) => [backend, own.map(([key, limit]) => `${key} ${limit} in ${LIMITS_MAP}`)]));
}

function linesIn(section: BackendSection): readonly string[] {
  const lines = allLinesOf(section).map((line) => line.trim().replace(/[ \t]+/g, ' '));
  return lines.filter((line) => line !== '' && !line.startsWith('#') && readServerLine(line) === undefined).map(hideInLines);
}

/** Also those that a template has around its server. */
function allLinesOf(section: BackendSection): readonly string[] {
  return [fragmentsText(section), ...Array.from(section.servers.values(), ({ text }) => text)].join('\n').split('\n');
}
