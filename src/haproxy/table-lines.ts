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
const SHARED = '{ var(txn.mlb_to) -m sub + }';
const IN_SPLIT = '{ var(txn.mlb_split) -m found }';

/**
 * Makes the lines that look into the routing table: the same for http and https, by the Host header, and the same whatever is in the map files. A
 * change of routes is so a change of map entries; only a regular expression is a line of its own.
 *
 * A look-up that finds nothing leaves its variable as it was. So what comes first is looked up last, and most lines need no condition, which costs more
 * than a look-up; where there is nothing to look up, the variable that a line begins with is missing.
 */
export function tableLines({ patterns }: Table, folder: string): TableLines {
  const use = (at: number): readonly Fragment[] => [
    ofOperator(`use_backend %[var(txn.mlb_b)] if { var(txn.mlb_at) -m int ${at} } { var(txn.mlb_b) -m found }`),
  ];
  const hostMap = `map_str(${folder}/${TABLE_MAPS.host})`;
  return {
    first: [
      ofOperator(
        'http-request set-var(txn.mlb_host) req.hdr(host),host_only,lower',
        'http-request set-var(txn.mlb_host) var(txn.host),host_only,lower if { var(txn.host) -m found }',
        'http-request set-var(txn.mlb_host) var(txn.mlb_host),regsub(\\\\.$,) if { var(txn.mlb_host) -m end . }',
        'http-request set-var(txn.mlb_path) path',
        `http-request set-var(txn.mlb_to) var(txn.mlb_host),${hostMap}`,
        `http-request set-var(txn.mlb_at) int(2) if ${FOUND}`,
      ),
      ...paths('mlb_host', { folder, into: 'mlb_by_path', patterns: patterns.filter(({ host }) => !host.startsWith('*')) }),
      ofOperator(
        'http-request set-var(txn.mlb_to) var(txn.mlb_by_path)',
        'http-request set-var(txn.mlb_at) int(1) if { var(txn.mlb_by_path) -m found }',
        `http-request set-var(txn.mlb_rest) var(txn.mlb_host) if !${FOUND}`,
        ...wildcardOf(folder),
        `http-request set-var(txn.mlb_to) var(txn.mlb_wild),${hostMap}`,
      ),
      ...paths('mlb_wild', { folder, into: 'mlb_to', patterns: patterns.filter(({ host }) => host.startsWith('*.')) }),
      ofOperator(`http-request set-var(txn.mlb_any) str(*) if !${FOUND}`, `http-request set-var(txn.mlb_to) var(txn.mlb_any),${hostMap}`),
      ...paths('mlb_any', { folder, into: 'mlb_to', patterns: patterns.filter(({ host }) => host === '*') }),
      ofOperator('http-request set-var(txn.mlb_at) int(3) if !{ var(txn.mlb_at) -m found }', ...choice(folder)),
      ...use(1),
    ],
    besideMap: use(2),
    last: use(3),
  };
}

interface PathLookup {
  readonly folder: string;
  readonly into: string;
  readonly patterns: readonly PatternRoute[];
}

/** Looks up the paths of a host, of a wildcard or of all hosts: an exact path overrules a regular expression, which overrules the longest beginning. */
function paths(of: string, { folder, into, patterns }: PathLookup): readonly Fragment[] {
  const read = (end: string, map: string): string => `http-request set-var(txn.${into}) var(txn.${of}),concat(,txn.mlb_path${end}),${map}`;
  return [
    ofOperator(read(',/', `map_beg(${folder}/${TABLE_MAPS.path})`)),
    ...[...patterns].reverse().map((pattern) => patternLine(of, into, pattern)),
    ofOperator(read('', `map_str(${folder}/${TABLE_MAPS.exact})`)),
  ];
}

function patternLine(of: string, into: string, { front, host, regex, to }: PatternRoute): Fragment {
  return {
    template: TEMPLATE,
    owner: { by: 'app', app: front.app, index: front.index },
    text: `  http-request set-var(txn.${into}) str(${to}) if { var(txn.${of}) -m str ${host} } { path -m reg ^${regex} }\n`,
  };
}

/** The wildcard of the longest domain above a host that is not in the table itself. */
function wildcardOf(folder: string): readonly string[] {
  const map = `map_str(${folder}/${TABLE_MAPS.wildcard})`;
  return Array.from(
    { length: MOST_LEVELS - 1 },
    (_, i) => `http-request set-var(txn.mlb_wild) var(txn.mlb_rest),field(${MOST_LEVELS - i},.,0),${map}`,
  );
}

/** The backend: what was found, or of a split the app that the header or the cookie names, or else one by the shares. */
function choice(folder: string): readonly string[] {
  const share = (by: string): string =>
    `http-request set-var(txn.mlb_b) var(txn.mlb_split),concat(/,txn.${by}),map_str(${folder}/${TABLE_MAPS.split})`;
  return [
    `http-request set-var(txn.mlb_b) var(txn.mlb_to) if !${SHARED}`,
    `http-request set-var(txn.mlb_split) var(txn.mlb_to) if ${SHARED}`,
    `http-request set-var(txn.mlb_slot) rand(100) if ${IN_SPLIT}`,
    `http-request set-var(txn.mlb_had) req.cook(marathon_split),lower if ${IN_SPLIT}`,
    `http-request set-var(txn.mlb_want) req.hdr(x-marathon-split),lower if ${IN_SPLIT}`,
    ...['mlb_slot', 'mlb_had', 'mlb_want'].map(share),
  ];
}

const TEMPLATE = 'the routing table';

function ofOperator(...lines: readonly string[]): Fragment {
  return { template: TEMPLATE, owner: { by: 'operator' }, text: lines.map((line) => `  ${line}\n`).join('') };
}
