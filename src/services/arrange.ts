import { byText } from '../lib/lists.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Problem } from '../model/problem.ts';
import type { Bind, Front, LeftOut } from '../model/service.ts';

/** What a service would have of ports and routes. The same object as before as long as its definition, and whether it has servers, are. */
export interface Claim {
  readonly front: Front;
  readonly serves: boolean;
}

/** A port of the load balancer's own, that no app gets. */
export interface OwnBind {
  readonly address: string;
  readonly port: number;
  readonly what: string; // 'the shared http frontend'
}

/** Who got what of ports and routes. */
export interface Arrangement {
  /** By claim: its front with what it got, the very same object where it got all; undefined when it can't be rendered at all. */
  readonly fronts: readonly (Front | undefined)[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/** Who has what besides the claims. */
export interface Holders {
  /** The load balancer's own. */
  readonly own: readonly OwnBind[];
  /** What HAProxy runs now. */
  readonly serving: readonly Front[];
}

/**
 * Who gets a port or a route that two claim: the load balancer's own ports first; then the one with servers; then the one that HAProxy serves
 * there now; then the one whose definition is older; then the lower app id. Who loses a port stays reachable by its virtual hosts, and the other
 * way round; both are Problems.
 */
export function arrange(claims: readonly Claim[], { own, serving }: Holders): Arrangement {
  const leftOut: LeftOut[] = [];
  const problems: Problem[] = [];
  const fronts: (Front | undefined)[] = claims.map(({ front }) => front);
  const lose = (at: number, front: Front | undefined, loss: Problem): void => {
    const { app, index } = (claims[at] as Claim).front;
    if (front?.bind === undefined && fronts[at]?.bind !== undefined) leftOut.push({ app, index, why: 'port-conflict' });
    fronts[at] = front === undefined ? undefined : { ...front, claimed: (claims[at] as Claim).front };
    problems.push(loss);
  };
  for (const [name, at] of contested(claims, ({ front }) => [front.name])) {
    const [winner, ...losers] = at.sort(
      stronger(
        claims,
        holdersOf(serving, ({ name: held }) => held === name),
      ),
    );
    for (const loser of losers) lose(loser, undefined, sameName(claims[loser], claims[winner ?? 0], name));
  }
  contestBinds({ claims, fronts, own, serving, lose });
  contestRoutes({ claims, fronts, serving, lose });
  return { fronts, leftOut, problems };
}

interface Contest {
  readonly claims: readonly Claim[];
  readonly fronts: readonly (Front | undefined)[];
  readonly serving: readonly Front[];
  readonly lose: (at: number, front: Front | undefined, loss: Problem) => void;
}

function contestBinds({ claims, fronts, own, serving, lose }: Contest & { readonly own: readonly OwnBind[] }): void {
  const ports = new Set(own.map(({ port }) => port));
  for (const [port, at] of contested(claims, (claim) => (bindOf(claim) === undefined ? [] : [claim.front.port]), ports)) {
    const holders: { readonly bind: Pick<Bind, 'address' | 'port'>; readonly who: string }[] = own.map((bind) => ({
      bind,
      who: bind.what,
    }));
    const holding = holdersOf(serving, ({ bind }) => bind?.port === port);
    for (const i of at.sort(stronger(claims, holding))) {
      const front = fronts[i];
      if (front?.bind === undefined) continue;
      const { bind } = front;
      const holder = holders.find((other) => overlaps(other.bind, bind));
      if (holder === undefined) holders.push({ bind, who: `port ${front.index} of ${front.app}` });
      else lose(i, { ...front, bind: undefined }, portTaken(front, bind, holder.who));
    }
  }
}

function contestRoutes({ claims, fronts, serving, lose }: Contest): void {
  const keys = (front: Front): readonly string[] =>
    hasOwnRules(front.overrides) ? [] : front.routes.map(({ host, path }) => [host, path ?? '', front.weight].join(' '));
  for (const [key, at] of contested(claims, ({ front }) => keys(front))) {
    const holding = holdersOf(serving, (front) => keys(front).includes(key));
    const [winner, ...losers] = at.filter((i) => fronts[i] !== undefined).sort(stronger(claims, holding));
    const host = key.slice(0, key.indexOf(' '));
    for (const loser of losers) {
      const front = fronts[loser];
      if (front === undefined || winner === undefined || winner === loser) continue;
      lose(loser, { ...front, routes: front.routes.filter((route) => route.host !== host) }, routeTaken(front, host, claims[winner]));
    }
  }
}

/** The keys that more than one claim has, or one claim and `held`, each with the places of its claims. */
function contested<Key>(claims: readonly Claim[], keysOf: (claim: Claim) => readonly Key[], held?: ReadonlySet<Key>): [Key, number[]][] {
  const places = new Map<Key, number[]>();
  for (const [i, claim] of claims.entries()) {
    for (const key of keysOf(claim)) {
      const at = places.get(key);
      if (at === undefined) places.set(key, [i]);
      else at.push(i);
    }
  }
  return [...places].filter(([key, at]) => at.length > 1 || held?.has(key) === true);
}

/** Whose service has something in what HAProxy runs, as words that `stronger` compares. */
function holdersOf(serving: readonly Front[], has: (front: Front) => boolean): ReadonlySet<string> {
  return new Set(serving.filter(has).map(nameOfPort));
}

function nameOfPort({ app, index }: Front): string {
  return `${index} ${app}`;
}

function stronger(claims: readonly Claim[], holding: ReadonlySet<string>): (a: number, b: number) => number {
  return (i, j) => {
    const [a, b] = [claims[i] as Claim, claims[j] as Claim];
    return (
      Number(b.serves) - Number(a.serves) ||
      Number(holding.has(nameOfPort(b.front))) - Number(holding.has(nameOfPort(a.front))) ||
      byText(a.front.changedAt ?? '', b.front.changedAt ?? '') ||
      byText(a.front.app, b.front.app) ||
      a.front.index - b.front.index
    );
  };
}

/** A port with a frontend template of its own binds only what that says. */
function bindOf({ front }: Claim): Bind | undefined {
  const head = front.overrides['HAPROXY_FRONTEND_HEAD'];
  return head === undefined || head.includes('{servicePort}') ? front.bind : undefined;
}

const WILDCARDS = ['*', '0.0.0.0', '[::]'];

function overlaps(a: Pick<Bind, 'address' | 'port'>, b: Pick<Bind, 'address' | 'port'>): boolean {
  return a.port === b.port && (a.address === b.address || WILDCARDS.includes(a.address) || WILDCARDS.includes(b.address));
}

function portTaken(front: Front, bind: Bind, who: string): Problem {
  return {
    code: 'port-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    message: `service port ${bind.port} belongs to ${who}, so this port is not bound${front.routes.length > 0 ? '; its virtual hosts are served' : ''}`,
    hint: `give it another one with servicePort or HAPROXY_${front.index}_PORT`,
  };
}

function routeTaken(front: Front, host: string, winner: Claim | undefined): Problem {
  return {
    code: 'route-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    label: `HAPROXY_${front.index}_VHOST`,
    message: `the virtual host ${host} belongs to port ${winner?.front.index ?? 0} of ${winner?.front.app ?? 'another app'}, so it does not lead here`,
    hint: `take it out of one of the two, or order them with HAPROXY_${front.index}_BACKEND_WEIGHT`,
  };
}

function sameName(loser: Claim | undefined, winner: Claim | undefined, name: string): Problem {
  const front = (loser as Claim).front;
  return {
    code: 'port-conflict',
    owner: { by: 'app', app: front.app, index: front.index },
    message: `its backend would be named ${name}, as that of ${winner?.front.app ?? 'another app'}, so it is left out`,
    hint: `give it another service port with servicePort or HAPROXY_${front.index}_PORT`,
  };
}
