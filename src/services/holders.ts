import { hasOwnRules } from '../model/own-rules.ts';
import type { Holder } from '../model/holder.ts';
import type { Bind, Front, Route } from '../model/service.ts';
import { authorOf, folderOf } from '../model/folders.ts';

/**
 * How near a port is to the holder of a name, bind or route: it is the holder; is of the same app; is of the other app of its deployment group, in
 * the same folder or in a different one; or has nothing to do with it.
 */
export const NEARNESS = { port: 0, app: 1, colour: 2, group: 3, stranger: 4 } as const;

/** An index of holders by the words that they hold. */
export interface Register {
  /** The nearest of the holders of these words to the port; `NEARNESS.stranger` when nobody holds them, or only apps that have nothing to do with it. */
  readonly nearness: (front: Front, words: readonly string[]) => number;
}

/** Makes the index from the list of holders. */
export function makeRegister(holders: readonly Holder[]): Register {
  const byWord = new Map<string, Holder[]>();
  for (const holder of holders) {
    for (const word of holder.holds) {
      const others = byWord.get(word);
      if (others === undefined) byWord.set(word, [holder]);
      else others.push(holder);
    }
  }
  return {
    nearness: (front, words) => {
      let nearest: number = NEARNESS.stranger;
      for (const word of words) for (const holder of byWord.get(word) ?? []) nearest = Math.min(nearest, nearnessOf(front, holder));
      return nearest;
    },
  };
}

/** Compares the ids of the apps themselves, not the names of their deployment groups, because any app can write any group's name into its label. */
function nearnessOf(front: Front, holder: Holder): number {
  const [mine, its] = [authorOf(front), authorOf(holder)];
  if (mine === its) return front.index === holder.index ? NEARNESS.port : NEARNESS.app;
  if (front.app !== holder.app || front.author === undefined || holder.author === undefined) return NEARNESS.stranger;
  return folderOf(mine) === folderOf(its) ? NEARNESS.colour : NEARNESS.group;
}

/** The holder that a port becomes when it gets everything that it claims. */
export function makeHolder(front: Front): Holder {
  const { app, author, index } = front;
  const bind = bindOf(front);
  const holds = [nameWord(front), ...(bind === undefined ? [] : [bindWord(bind)]), ...routeWords(front)];
  return { app, ...(author !== undefined && { author }), index, holds };
}

/** The bind that a port claims. Undefined when the port's own frontend template does not use its service port. */
export function bindOf({ bind, overrides }: Front): Bind | undefined {
  const head = overrides['HAPROXY_FRONTEND_HEAD'];
  return head === undefined || head.includes('{servicePort}') ? bind : undefined;
}

/** The word for the name of a port's backend. */
function nameWord({ name }: Front): string {
  return `name ${name}`;
}

/** The word for a bind. */
export function bindWord({ address, port }: Pick<Bind, 'address' | 'port'>): string {
  return `bind ${address}:${port}`;
}

/** The words of the bind itself and of the wildcard binds that include it: their holder also holds this bind. */
export function bindWords({ address, port }: Bind): readonly string[] {
  const wider = address.startsWith('[') ? ['[::]'] : ['*', '0.0.0.0', '[::]'];
  return [...new Set([address, ...wider])].map((one) => bindWord({ address: one, port }));
}

/** A word for each route of a port, with the virtual host in second place. Empty when the port brings rules of its own, which nobody can read. */
function routeWords(front: Front): readonly string[] {
  if (hasOwnRules(front.overrides)) return [];
  const paths = ({ path }: Route): readonly (string | undefined)[] => (front.table === undefined ? [path] : (path?.split(' ') ?? [path]));
  return front.routes.flatMap((route) => paths(route).map((path) => routeWord(front, { host: route.host, path })));
}

/**
 * The word of a route of a port, in the routing table of one path of a route: there that of a whole host, or of a prefix, is the word of a rule for the
 * same.
 */
export function routeWord({ table, weight }: Front, { host, path }: Route): string {
  if (table === undefined) return `route ${host} ${weight} ${path ?? ''}`;
  return path === undefined ? `route ${host} 0 ` : `route ${host} 1 ${table === 'prefix' ? '' : `${table}:`}${path}`;
}

/** The word for the https bind of a virtual host. */
export function hostWord(host: string): string {
  return `host ${host}`;
}

/** The virtual host in the word of a route. */
export function hostOf(word: string): string {
  return word.split(' ', 2)[1] ?? '';
}

/** Whether a word is that of a backend's name. */
export function isName(word: string): boolean {
  return word.startsWith('name ');
}

/** Whether a word is that of a route. */
export function isRoute(word: string): boolean {
  return word.startsWith('route ');
}
