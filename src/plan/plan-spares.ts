import type { BackendSection, Command, Document, Reason, Running } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { SPARE_REDIRECTS_MAP, SPARES_MAP } from '../haproxy/settings.ts';
import { servedBySpares, spareOfKey } from '../haproxy/spares.ts';
import type { IntoSpares } from './into-spares.ts';
import type { ServerPlan } from './plan-servers.ts';
import { reason } from './runtime-commands.ts';

/** The way to the wanted document itself, for a reload that gives each port that a spare backend serves a backend of its own. */
export function settled({ document }: Running, wanted: Document): IntoSpares {
  const why = Array.from(servedBySpares(document), ([spare, backend]) => [backend, `so far served by ${spare}`] as const);
  return { toward: wanted, why: new Map(why), serving: new Map(), made: new Map() };
}

/**
 * The spare backends that differ, or whose servers are not as their lines say. How many spare backends there are of which class changes only with the
 * next reload.
 */
export function sparePairs(
  { spares = [] }: Document,
  toward: Document,
  touched: ReadonlySet<string>,
): readonly (readonly [BackendSection, BackendSection])[] {
  if (spares === toward.spares && touched.size === 0) return [];
  const after = new Map(toward.spares?.map((section) => [section.name, section]));
  return spares.flatMap((section): readonly (readonly [BackendSection, BackendSection])[] => {
    const other = after.get(section.name);
    return other === undefined || (other === section && !touched.has(section.name)) ? [] : [[section, other]];
  });
}

/** The same plan, with reasons that name the port which a spare backend serves, rather than the spare backend. */
export function toldOf(serving: IntoSpares['serving'], { commands, reload }: ServerPlan): ServerPlan {
  if (serving.size === 0) return { commands, reload };
  const tell = (one: Reason): Reason => {
    const served = serving.get(one.subject as BackendName);
    return served === undefined ? one : { ...one, subject: served, detail: `${one.detail}, in ${one.subject}` };
  };
  return {
    commands: commands.map((command) => ({ ...command, reason: tellNote(command, serving) ?? tell(command.reason) })),
    reload: reload.map(tell),
  };
}

/** The reason of a row that says whom a spare backend serves. */
function tellNote({ effect }: Command, serving: IntoSpares['serving']): Reason | undefined {
  if (effect?.kind !== 'map' || effect.file !== SPARES_MAP) return undefined;
  const spare = spareOfKey(effect.key);
  if (spare === undefined) return undefined;
  if (effect.to !== undefined) return reason('spare-taken', effect.to, `${spare} serves it until the next reload`);
  return reason('spare-free', spare, `it served ${serving.get(spare) ?? 'a port that is gone'}`);
}

/**
 * The commands in the order in which they are sent: first the map that says which port a spare backend serves, so that after a crash every server belongs
 * to a known port, and the redirects, so that no request is answered over plain http; then servers; then all other rows of maps.
 */
export function inOrder(servers: readonly Command[], maps: readonly Command[]): readonly Command[] {
  const claims = maps.filter(isClaim);
  return claims.length === 0 ? [...servers, ...maps] : [...claims, ...servers, ...maps.filter((one) => !claims.includes(one))];
}

function isClaim({ effect }: Command): boolean {
  if (effect?.kind !== 'map' || effect.to === undefined) return false;
  return effect.file === SPARE_REDIRECTS_MAP || (effect.file === SPARES_MAP && spareOfKey(effect.key) !== undefined);
}
