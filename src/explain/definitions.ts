import { withoutEnd } from '../lib/without-end.ts';

/** What a file of app definitions holds. */
export interface Definitions {
  /** Apps as Marathon's JSON, each with its whole id. */
  readonly apps: readonly Readonly<Record<string, unknown>>[];
  /** Pods as Marathon's JSON, each with its whole id. */
  readonly pods: readonly Readonly<Record<string, unknown>>[];
  /** What is neither, in words. */
  readonly strangers: readonly string[];
}

/** The definitions in a JSON value: one app or pod, a list, a group with groups in it, or Marathon's answer `{"apps": […]}`. */
export function readDefinitions(value: unknown, folder = ''): Definitions {
  if (Array.isArray(value)) return joined(value.map((one: unknown) => readDefinitions(one, folder)));
  if (typeof value !== 'object' || value === null) return { ...NONE, strangers: [`${JSON.stringify(value)} is no app definition`] };
  const one = value as Readonly<Record<string, unknown>>;
  const { apps, groups, pods, containers, spec } = one;
  const id = typeof one['id'] === 'string' ? idIn(folder, one['id']) : undefined;
  if (Array.isArray(apps) || Array.isArray(groups) || Array.isArray(pods))
    return joined([apps ?? [], groups ?? [], pods ?? []].map((list) => readDefinitions(list, id ?? folder)));
  if (id === undefined) return { ...NONE, strangers: [`an object without an id is no app definition (it has ${keysOf(one)})`] };
  const isPod = Array.isArray(containers) || (typeof spec === 'object' && spec !== null);
  return isPod ? { ...NONE, pods: [{ ...one, id }] } : { ...NONE, apps: [{ ...one, id }] };
}

const NONE: Definitions = { apps: [], pods: [], strangers: [] };

function joined(all: readonly Definitions[]): Definitions {
  return {
    apps: all.flatMap(({ apps }) => apps),
    pods: all.flatMap(({ pods }) => pods),
    strangers: all.flatMap(({ strangers }) => strangers),
  };
}

/** Marathon takes ids relative to the group that they stand in. */
function idIn(folder: string, id: string): string {
  return id.startsWith('/') ? `/${withoutEnd(id.slice(1), '/')}` : `${folder === '/' ? '' : folder}/${id}`;
}

function keysOf(one: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(one);
  return keys.length === 0 ? 'nothing' : keys.slice(0, 5).join(', ');
}
