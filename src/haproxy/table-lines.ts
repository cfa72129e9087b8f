import type { Fragment } from '../model/document.ts';
import { TABLE_MAPS } from './settings.ts';
import { PATH_END, type PatternRoute, type RoutingTable } from './table.ts';

/** The lines of a shared frontend that look into the routing table, by their place among the rules. */
export interface TableLines {
  /** Before all rules: finds the backend, and uses it for a path of the host itself. */
  readonly first: readonly Fragment[];
  /** Beside the map of hosts: uses it for the host itself. */
  readonly besideMap: readonly Fragment[];
  /** Behind all rules: uses it for a wildcard, or for what nobody has. */
  readonly last: readonly Fragment[];
}

/** Wildcards of so many names are looked up in any case, so that one that comes needs no reload; others while there is one. */
const USUAL_LEVELS: readonly number[] = [1, 2, 3];

const isFound = (name: string): string => `{ var(txn.${name}) -m found }`;
const IN_SPLIT = isFound('mlb_split');

/**
 * Makes the lines that look into the routing table: the same for http and https, by the Host header, and the same whatever is in the map files. A
 * change of routes is so a change of map entries; only a regular expression is a line of its own.
 *
 * What is found has a variable for each place among the rules, of which one alone is set. Where there is nothing to look up, the variable that a line
 * begins with is missing, which costs less than a condition. Conditions compare with what HAProxy finds in a tree: `-m end` and `-m sub` use a cache
 * of all requests' values, which 10,000 hosts outgrow.
 */
export function tableLines({ patterns, levels }: RoutingTable, folder: string): TableLines {
  const use = (found: string): readonly Fragment[] => [ofOperator(`use_backend %[var(txn.mlb_b)] if ${isFound(found)}`)];
  const hostMap = `map_str(${folder}/${TABLE_MAPS.host})`;
  return {
    first: [
      ofOperator(
        'http-request set-var(txn.mlb_host) req.hdr(host),host_only,lower,rtrim(.)',
        'http-request set-var(txn.mlb_host) var(txn.host),host_only,lower,rtrim(.)',
        'http-request set-var(txn.mlb_path) path',
      ),
      ...paths('mlb_host', { folder, into: 'mlb_by_path', patterns: patterns.filter(({ host }) => !host.startsWith('*')) }),
      ofOperator(
        `http-request set-var(txn.mlb_whole) var(txn.mlb_host) if !${isFound('mlb_by_path')}`,
        `http-request set-var(txn.mlb_by_host) var(txn.mlb_whole),${hostMap}`,
        `http-request set-var(txn.mlb_rest) var(txn.mlb_whole),field(2,.,0) if !${isFound('mlb_by_host')}`,
        ...wildcardOf(levels, folder),
        'http-request set-var(txn.mlb_wide) var(txn.mlb_wild) if { var(txn.mlb_wild) -m beg *. }',
        `http-request set-var(txn.mlb_last) var(txn.mlb_wild) if !${isFound('mlb_wide')}`,
        `http-request set-var(txn.mlb_last) var(txn.mlb_wide),${hostMap}`,
      ),
      ...paths('mlb_wide', { folder, into: 'mlb_last', patterns: patterns.filter(({ host }) => host.startsWith('*.')) }),
      ofOperator(
        `http-request set-var(txn.mlb_any) str(*) if ${['mlb_by_path', 'mlb_by_host', 'mlb_last'].map((name) => `!${isFound(name)}`).join(' ')}`,
        `http-request set-var(txn.mlb_last) var(txn.mlb_any),${hostMap}`,
      ),
      ...paths('mlb_any', { folder, into: 'mlb_last', patterns: patterns.filter(({ host }) => host === '*') }),
      ofOperator(...choice(folder)),
      ...use('mlb_by_path'),
    ],
    besideMap: use('mlb_by_host'),
    last: use('mlb_b'),
  };
}

interface PathLookup {
  readonly folder: string;
  readonly into: string;
  readonly patterns: readonly PatternRoute[];
}

/**
 * Looks up the paths of a host, of a wildcard or of all hosts: the longest row, of which an exact path is longer than any beginning of it. A regular
 * expression overrules it, and is overruled by an exact path.
 */
function paths(of: string, { folder, into, patterns }: PathLookup): readonly Fragment[] {
  const read = (how: 'beg' | 'str'): Fragment =>
    ofOperator(
      `http-request set-var(txn.${into}) var(txn.${of}),concat(,txn.mlb_path,${PATH_END}),map_${how}(${folder}/${TABLE_MAPS.path})`,
    );
  if (patterns.length === 0) return [read('beg')];
  return [read('beg'), ...[...patterns].reverse().map((pattern) => patternLine(of, into, pattern)), read('str')];
}

function patternLine(of: string, into: string, { front, host, regex, to }: PatternRoute): Fragment {
  return {
    template: TEMPLATE,
    owner: { by: 'app', app: front.app, index: front.index },
    text: `  http-request set-var(txn.${into}) str(${to}) if { var(txn.${of}) -m str ${host} } { path -m reg ^${regex} }\n`,
  };
}

/** The wildcard of the longest domain above a host that is not in the table itself: of domains found, the last one counts. */
function wildcardOf(levels: readonly number[], folder: string): readonly string[] {
  const all = [...new Set([...USUAL_LEVELS, ...levels])].sort((a, b) => a - b);
  return all.map(
    (names) => `http-request set-var(txn.mlb_wild) var(txn.mlb_rest),field(-1,.,${names}),map_str(${folder}/${TABLE_MAPS.wildcard})`,
  );
}

/**
 * The backend: what was found, or of a split the app that the header or the cookie names, or else one by the shares. A request that names none, as
 * almost all do, is looked up once.
 */
function choice(folder: string): readonly string[] {
  const share = (by: string): string =>
    `http-request set-var(txn.mlb_b) var(txn.mlb_split),concat(${by}),map_beg(${folder}/${TABLE_MAPS.split})`;
  const named = (by: string): string => `${share(`/,txn.${by},?`)} if ${isFound(by)}`;
  return [
    ...['mlb_by_path', 'mlb_by_host', 'mlb_last'].map((found) => `http-request set-var(txn.mlb_b) var(txn.${found})`),
    'http-request set-var(txn.mlb_split) var(txn.mlb_b) if { var(txn.mlb_b) -m beg + }',
    `http-request set-var(txn.mlb_slot) rand(100),add(100) if ${IN_SPLIT}`,
    `http-request set-var(txn.mlb_had) req.cook(marathon_split),lower if ${IN_SPLIT}`,
    `http-request set-var(txn.mlb_want) req.hdr(x-marathon-split),lower if ${IN_SPLIT}`,
    share(':,txn.mlb_slot'),
    ...['mlb_had', 'mlb_want'].map(named),
  ];
}

const TEMPLATE = 'the routing table';

function ofOperator(...lines: readonly string[]): Fragment {
  return { template: TEMPLATE, owner: { by: 'operator' }, text: lines.map((line) => `  ${line}\n`).join('') };
}
