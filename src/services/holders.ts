import { hasOwnRules } from '../model/own-rules.ts';
import type { Holder } from '../model/holder.ts';
import type { Bind, Front } from '../model/service.ts';
import { folderOf } from './folders.ts';

/** How near a port is to one that holds something: the same port, another port of that app, the other app of its deployment group, or a stranger. */
export const NEARNESS = { port: 0, app: 1, colour: 2, group: 3, stranger: 4 } as const;

/** Who holds what, ready to be asked. */
export interface Register {
  /** How near a port is to who holds one of these; `NEARNESS.stranger` where nobody does, or somebody else. */
  readonly nearness: (front: Front, words: readonly string[]) => number;
}

/** The holders, by what they hold. */
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

/** Apps are known by their own id: any app can name a deployment group. */
function nearnessOf(front: Front, holder: Holder): number {
  const [mine, its] = [front.author ?? front.app, holder.author ?? holder.app];
  if (mine === its) return front.index === holder.index ? NEARNESS.port : NEARNESS.app;
  if (front.app !== holder.app || front.author === undefined || holder.author === undefined) return NEARNESS.stranger;
  return folderOf(mine) === folderOf(its) ? NEARNESS.colour : NEARNESS.group;
}

/** What a port holds that gets all that it claims. */
export function makeHolder(front: Front): Holder {
  const { app, author, index } = front;
  const bind = bindOf(front);
  const holds = [nameWord(front), ...(bind === undefined ? [] : [bindWord(bind)]), ...routeWords(front)];
  return { app, ...(author !== undefined && { author }), index, holds };
}

/** What a port binds; one with a frontend template of its own binds only what that says. */
export function bindOf({ bind, overrides }: Front): Bind | undefined {
  const head = overrides['HAPROXY_FRONTEND_HEAD'];
  return head === undefined || head.includes('{servicePort}') ? bind : undefined;
}

/** A backend's name as a holder has it. */
function nameWord({ name }: Front): string {
  return `name ${name}`;
}

/** A bind as a holder has it. */
export function bindWord({ address, port }: Pick<Bind, 'address' | 'port'>): string {
  return `bind ${address}:${port}`;
}

/** The binds that include this one: whoever holds one of them holds this one. */
export function bindWords({ address, port }: Bind): readonly string[] {
  const wider = address.startsWith('[') ? ['[::]'] : ['*', '0.0.0.0', '[::]'];
  return [...new Set([address, ...wider])].map((one) => bindWord({ address: one, port }));
}

/** The routes of a port, as a holder has them; none where its rules are not known. The virtual host is the second word. */
function routeWords(front: Front): readonly string[] {
  if (hasOwnRules(front.overrides)) return [];
  return front.routes.map(({ host, path }) => `route ${host} ${front.weight} ${path ?? ''}`);
}

/** A virtual host's https bind as its owner holds it. */
export function hostWord(host: string): string {
  return `host ${host}`;
}

/** The virtual host of a route's word. */
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
