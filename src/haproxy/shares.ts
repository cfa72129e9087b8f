import type { BackendName } from '../model/names.ts';
import type { Front } from '../model/service.ts';

/** How many equal parts the requests of a split are divided into. */
const SLOTS = 100;

/** The ports of a split with the number of slots that each gets, in the order of the ports. The sum is SLOTS. */
export function sharesOf(members: readonly Front[]): readonly { readonly front: Front; readonly slots: number }[] {
  const serving = members.filter(({ split }) => split?.isIdle !== true);
  const counted = serving.length > 0 ? serving : members;
  const weights = weightsOf(counted);
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  if (total === 0) {
    const oldest = [...counted].sort(byAge)[0];
    return members.map((front) => ({ front, slots: front === oldest ? SLOTS : 0 }));
  }
  return apportion(members.map((front) => ({ front, exact: ((weights.get(front) ?? 0) / total) * SLOTS })));
}

/** A row of the map of splits. */
type SplitRow = readonly [key: string, backend: BackendName];

/**
 * The rows of a split. `name:1` is the app with the most slots, `name:15` has the slots from 50 to 59 and `name:157` the slot 57, where these are other
 * apps': the longest row wins, and a split has a few rows instead of a hundred. `name/app id?` is an app that the header or the cookie names, while it
 * has a share.
 */
export function splitRows(name: string, members: readonly Front[]): readonly SplitRow[] {
  const shares = sharesOf(members).filter(({ slots }) => slots > 0);
  const all = shares.flatMap(({ front, slots }) => new Array<BackendName>(slots).fill(front.name));
  const most = [...shares].sort((a, b) => b.slots - a.slots)[0]?.front.name ?? all[0];
  if (most === undefined) return [];
  const tens = Array.from({ length: 10 }, (_, ten) => rowsOfTen(all.slice(ten * 10, ten * 10 + 10), { at: `${name}:1${ten}`, most }));
  return [[`${name}:1`, most], ...tens.flat(), ...shares.map(({ front }): SplitRow => [`${name}/${front.app.toLowerCase()}?`, front.name])];
}

interface Ten {
  readonly at: string;
  readonly most: BackendName;
}

function rowsOfTen(slots: readonly BackendName[], { at, most }: Ten): readonly SplitRow[] {
  const [first = most] = slots;
  if (slots.every((one) => one === first)) return first === most ? [] : [[at, first]];
  return slots.flatMap((one, unit): readonly SplitRow[] => (one === most ? [] : [[`${at}${unit}`, one]]));
}

/** The backend of a slot from 0 to 99, by the rows of the map of splits. */
export function backendOfSlot(rows: ReadonlyMap<string, string>, name: string, slot: number): string | undefined {
  const key = `${name}:${100 + slot}`;
  return rows.get(key) ?? rows.get(key.slice(0, -1)) ?? rows.get(key.slice(0, -2));
}

/** The split that a row is of. */
export function splitOfKey(key: string): string {
  return key.split(/[:/]/, 1)[0] ?? '';
}

/** The backends that a value of the routing table leads to: those of a split (`+a+b`), or itself. */
export function backendsOfValue(value: BackendName): readonly BackendName[] {
  return value.startsWith('+') ? (value.slice(1).split('+') as BackendName[]) : [value];
}

/** The weight of each port. Ports without a weight get equal parts of what the others leave of 100. */
function weightsOf(members: readonly Front[]): ReadonlyMap<Front, number> {
  const given = members.reduce((sum, { split }) => sum + (split?.weight ?? 0), 0);
  const open = members.filter(({ split }) => split?.weight === undefined).length;
  const rest = Math.max(0, 100 - given) / Math.max(1, open);
  return new Map(members.map((front) => [front, front.split?.weight ?? rest]));
}

/** Whole slots by the largest remainder. A port with a weight above 0 gets at least what is left over of it, never more than its share and one. */
function apportion(parts: readonly { readonly front: Front; readonly exact: number }[]) {
  const left = SLOTS - parts.reduce((sum, { exact }) => sum + Math.floor(exact), 0);
  const first = new Set(
    [...parts]
      .sort((a, b) => (b.exact % 1) - (a.exact % 1))
      .slice(0, left)
      .map(({ front }) => front),
  );
  return parts.map(({ front, exact }) => ({ front, slots: Math.floor(exact) + (first.has(front) ? 1 : 0) }));
}

function byAge(a: Front, b: Front): number {
  const [first, second] = [a.changedAt ?? '', b.changedAt ?? ''];
  return first < second ? -1 : first > second ? 1 : a.app < b.app ? -1 : 1;
}
