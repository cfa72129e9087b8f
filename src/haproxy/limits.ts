import type { MapFile } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Front, LimitKind } from '../model/service.ts';
import { LIMITS_MAP } from './settings.ts';

/** Larger than every limit: what counts while a limit has no row. */
const NO_LIMIT = 10 ** 15;

/**
 * The map of the limits that are changed without a reload: `backend/kind` -> a number. No file where there is none. A row is missing only while its
 * label is being removed.
 */
export function limitMaps(fronts: readonly Front[]): Readonly<Record<string, MapFile>> {
  const rows = fronts.flatMap(({ name, limits = {} }) =>
    Object.entries(limits).map(([kind, limit]) => [keyOf(name, kind as LimitKind), String(limit) as BackendName] as const),
  );
  return rows.length === 0 ? {} : { [LIMITS_MAP]: new Map(rows) };
}

function keyOf(backend: BackendName, kind: LimitKind): string {
  return `${backend}/${kind}`;
}

/** The backend that a row of the map is about. */
export function limitedBackend(key: string): BackendName {
  return key.slice(0, key.lastIndexOf('/')) as BackendName;
}

/** What the lines of a backend read its limits with. */
export interface LimitSource {
  readonly backend: BackendName;
  /** The folder of the map files, as the configuration writes it. */
  readonly folder: string;
  /** Whether counts are handed on to the next HAProxy at a reload. */
  readonly outlives: boolean;
}

interface Above {
  /** The sample of HAProxy's that is compared with the limit. */
  readonly value: string;
  /** The rule without its condition. */
  readonly act: string;
}

/** The lines of a rule that acts on what is above a limit. */
export function aboveLimit({ backend, folder }: LimitSource, kind: LimitKind, { value, act }: Above): readonly string[] {
  const limit = `txn.marathon_lb_${kind}`;
  const set = act.startsWith('tcp-request') ? 'tcp-request content' : 'http-request';
  return [
    `${set} set-var(${limit}) str(${keyOf(backend, kind)}),map_str_int(${folder}/${LIMITS_MAP},${NO_LIMIT})`,
    `${act} if { ${value},sub(${limit}) gt 0 }`,
  ];
}
