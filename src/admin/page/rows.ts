import type { AppRow } from '../../explain/app-rows.ts';
import type { LeftOutReason } from '../../model/left-out.ts';
import type { BackendShape } from './shapes.ts';

/** Which apps are shown. */
export type Show = 'all' | 'problems' | 'trouble' | 'unserved';

/** In which order. */
export type Sort = 'id' | 'requests' | 'errors' | 'sessions' | 'down';

/** What the list is cut down to. */
export interface ListWish {
  readonly q: string;
  readonly show: Show;
  readonly sort: Sort;
}

/** HAProxy's figures by backend, as far as they are known here. */
export type KnownFigures = ReadonlyMap<string, BackendShape>;

/** The rows that fit a wish, in its order. */
export function chooseRows(rows: readonly AppRow[], wish: ListWish, figures: KnownFigures): readonly AppRow[] {
  const words = wish.q.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row: AppRow): boolean => isShown(row, wish.show, figures) && words.every((word) => textOf(row).includes(word));
  const chosen = rows.filter(fits);
  if (wish.sort === 'id') return chosen;
  const weight = new Map(chosen.map((row) => [row, weightOf(row, wish.sort, figures)]));
  return chosen.sort((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0));
}

function isShown(row: AppRow, show: Show, figures: KnownFigures): boolean {
  if (show === 'problems') return row.problems > 0;
  if (show === 'unserved') return !isServed(row) && !row.leftOut.includes('group') && !row.leftOut.includes('suspended');
  if (show === 'trouble') return row.ports.some(({ backend }) => isTroubled(figures.get(backend)));
  return true;
}

function isTroubled(figures: BackendShape | undefined): boolean {
  return figures !== undefined && (figures.down > 0 || (figures.errors ?? 0) > 0);
}

/** Whether a server of the app gets requests. */
export function isServed({ ports }: AppRow): boolean {
  return ports.some(({ servers }) => servers > 0);
}

/** What a word is searched in. */
function textOf({ app, servedAs, ports }: AppRow): string {
  const words = ports.flatMap(({ servicePort, backend, hosts }) => [String(servicePort), backend, ...hosts]);
  return [app, servedAs ?? '', ...words].join(' ').toLowerCase();
}

function weightOf(row: AppRow, sort: Sort, figures: KnownFigures): number {
  const sums = sumOf(row, figures);
  if (sort === 'id' || sums === undefined) return 0;
  return sums[sort] ?? 0;
}

/** What the servers of an app's ports have together. */
export type Sum = Pick<BackendShape, 'up' | 'checking' | 'draining' | 'down' | 'sessions' | 'requests' | 'errors'>;

/** The figures of all ports of an app; undefined while they are not known. */
export function sumOf({ ports }: AppRow, figures: KnownFigures): Sum | undefined {
  const known = ports.flatMap(({ backend }) => figures.get(backend) ?? []);
  if (known.length === 0) return undefined;
  const add = (of: (one: BackendShape) => number | null): number | null =>
    known.some((one) => of(one) === null) ? null : known.reduce((sum, one) => sum + (of(one) ?? 0), 0);
  const count = (of: (one: BackendShape) => number): number => known.reduce((sum, one) => sum + of(one), 0);
  return {
    up: count(({ up }) => up),
    checking: count(({ checking }) => checking),
    draining: count(({ draining }) => draining),
    down: count(({ down }) => down),
    sessions: count(({ sessions }) => sessions),
    requests: add(({ requests }) => requests),
    errors: add(({ errors }) => errors),
  };
}

/** Why something is left out, in two or three words. */
const SHORTLY = {
  'own-app': 'this load balancer',
  group: 'another group',
  disabled: 'not enabled',
  suspended: 'suspended',
  protocol: 'UDP only',
  'no-service-port': 'no service port',
  refused: 'refused by HAProxy',
  label: 'a label',
  'port-conflict': 'port conflict',
  certificate: 'certificate',
  file: 'a file',
  bounds: 'too many ports',
  duplicate: 'address twice',
  state: 'a task not running',
  unhealthy: 'a task unhealthy',
  'health-unknown': 'a task unchecked',
  'not-ready': 'a task not ready',
  'no-address': 'a task without address',
  'no-port': 'a task without port',
  'no-endpoint': 'a container without endpoint',
} as const satisfies Record<LeftOutReason, string>;

/** The same; the word itself for one of a newer daemon. */
export function shortly(why: LeftOutReason): string {
  return new Map<string, string>(Object.entries(SHORTLY)).get(why) ?? why;
}

/** Puts a change of the overview over the rows that are known, in order of id. */
export function mergeRows(rows: readonly AppRow[], change: { readonly apps: readonly AppRow[]; readonly gone: readonly string[] }) {
  const gone = new Set<string>(change.gone);
  const next = new Map<string, AppRow>(rows.filter(({ app }) => !gone.has(app)).map((row) => [row.app, row]));
  const isNew = change.apps.some(({ app }) => !next.has(app));
  for (const row of change.apps) next.set(row.app, row);
  const all = [...next.values()];
  return isNew ? all.sort((a, b) => (a.app < b.app ? -1 : 1)) : all;
}
