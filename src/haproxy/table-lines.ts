import type { Fragment } from '../model/document.ts';
import { TABLE_MAPS } from './settings.ts';
import type { PatternRoute, Table } from './table.ts';

/** The lines of a shared frontend that look into the routing table, by their place among the rules. */
export interface TableLines {
  /** Before all rules: finds the backend, and uses it for a path of the host itself. */
  readonly first: readonly Fragment[];
  /** Beside the map of hosts: uses it for the host itself. */
  readonly besideMap: readonly Fragment[];
  /** Behind all rules: uses it for a wildcard, or for what nobody has. */
  readonly last: readonly Fragment[];
}

/** How many domains above a host are looked up: hosts of ten parts below a wildcard of two. */
const MOST_LEVELS = 9;

const FOUND = '{ var(txn.mlb_to) -m found }';
const CHOSEN = '{ var(txn.mlb_b) -m found }';
const SHARED = '{ var(txn.mlb_to) -m sub + }';

/**
 * Makes the lines that look into the routing table: the same for http and https, by the Host header, and the same whatever is in the map files. A
 * change of routes is so a change of map entries; only a regular expression is a line of its own.
 */
export function tableLines({ patterns }: Table, folder: string): TableLines {
  const use = (at: number): readonly Fragment[] => [
    ofOperator(`use_backend %[var(txn.mlb_b)] if ${CHOSEN} { var(txn.mlb_at) -m int ${at} }`),
  ];
  return {
    first: [
      ofOperator(
        'http-request set-var(txn.mlb_host) req.hdr(host),host_only,lower,regsub(\\\\.$,)',
        'http-request set-var(txn.mlb_host) var(txn.host),host_only,lower,regsub(\\\\.$,) if { var(txn.host) -m found }',
        'http-request set-var(txn.mlb_path) path',
      ),
      ...level('var(txn.mlb_host)', { folder, patterns: patterns.filter(({ host }) => !host.startsWith('*')), isHost: true }),
      ofOperator(...wildcardOf(folder)),
      ...level('var(txn.mlb_wild)', { folder, patterns: patterns.filter(({ host }) => host.startsWith('*.')) }),
      ...level('str(*)', { folder, patterns: patterns.filter(({ host }) => host === '*') }),
      ofOperator(placeLine(3), ...choice(folder)),
      ...use(1),
    ],
    besideMap: use(2),
    last: use(3),
  };
}

interface Level {
  readonly folder: string;
  readonly patterns: readonly PatternRoute[];
  /** Whether it is the host itself, of which paths come before rules and the host beside the map. */
  readonly isHost?: true;
}

/** Looks up the paths of one host, wildcard or default, then the host itself. What was found before stays. */
function level(host: string, { folder, patterns, isHost }: Level): readonly Fragment[] {
  const read = (what: string, map: string): string => `http-request set-var(txn.mlb_to) ${what},${map} if !${FOUND}`;
  const place = (at: number): readonly string[] => (isHost ? [placeLine(at)] : []);
  return [
    ofOperator(read(`${host},concat(,txn.mlb_path)`, `map_str(${folder}/${TABLE_MAPS.exact})`)),
    ...patterns.map((pattern) => patternLine(host, pattern)),
    ofOperator(
      read(`${host},concat(,txn.mlb_path,/)`, `map_beg(${folder}/${TABLE_MAPS.path})`),
      ...place(1),
      read(host, `map_str(${folder}/${TABLE_MAPS.host})`),
      ...place(2),
    ),
  ];
}

function placeLine(at: number): string {
  return `http-request set-var(txn.mlb_at) int(${at}) if ${FOUND} !{ var(txn.mlb_at) -m found }`;
}

function patternLine(at: string, { front, host, regex, to }: PatternRoute): Fragment {
  const isHost = at.startsWith('var') ? ` { ${at} -m str ${host} }` : '';
  return {
    template: TEMPLATE,
    owner: { by: 'app', app: front.app, index: front.index },
    text: `  http-request set-var(txn.mlb_to) str(${to}) if !${FOUND}${isHost} { path -m reg ^${regex} }\n`,
  };
}

/** The wildcard of the longest domain above the host. */
function wildcardOf(folder: string): readonly string[] {
  const map = `map_str(${folder}/${TABLE_MAPS.wildcard})`;
  return Array.from(
    { length: MOST_LEVELS - 1 },
    (_, i) =>
      `http-request set-var(txn.mlb_wild) var(txn.mlb_host),field(${i + 2},.,0),${map} if !${FOUND}${i === 0 ? '' : ' !{ var(txn.mlb_wild) -m found }'}`,
  );
}

/** The backend: what was found, or of a split the app that the header or the cookie names, or else one by the shares. */
function choice(folder: string): readonly string[] {
  const map = `map_str(${folder}/${TABLE_MAPS.split})`;
  const look = (what: string, unless: string): readonly string[] => [
    `http-request set-var-fmt(txn.mlb_key) "%[var(txn.mlb_to)]/%[${what}]" if ${SHARED}${unless}`,
    `http-request set-var(txn.mlb_b) var(txn.mlb_key),${map} if ${SHARED}${unless}`,
  ];
  return [
    `http-request set-var(txn.mlb_b) var(txn.mlb_to) if ${FOUND} !${SHARED}`,
    `http-request set-var(txn.mlb_slot) rand(100) if ${SHARED}`,
    `http-request set-var(txn.mlb_had) req.cook(marathon_split) if ${SHARED}`,
    ...look('req.hdr(x-marathon-split),lower', ' { req.hdr(x-marathon-split) -m found }'),
    ...look('var(txn.mlb_had),lower', ` !${CHOSEN} { var(txn.mlb_had) -m found }`),
    ...look('var(txn.mlb_slot)', ` !${CHOSEN}`),
  ];
}

const TEMPLATE = 'the routing table';

function ofOperator(...lines: readonly string[]): Fragment {
  return { template: TEMPLATE, owner: { by: 'operator' }, text: lines.map((line) => `  ${line}\n`).join('') };
}
