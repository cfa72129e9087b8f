import { balancersOf } from './balancers.ts';
import { balancerHint, portTaken, routesTaken, sameName, wordsOf } from './conflicts.ts';
import { contested, ranked, type Contestant, type Judge } from './contestants.ts';
import { bindOf, bindWord, bindWords, hostOf, isName, isRoute, makeHolder, makeRegister, NEARNESS } from './holders.ts';
import { shutRoutes } from './shut-routes.ts';
import { giveTlsOwners } from './tls-owners.ts';
import type { Holder } from '../model/holder.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Bind, Front } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';

/** The port and routes that a service wants. It stays the same object while the service's definition, and whether it has servers, stay the same. */
export interface Claim {
  readonly front: Front;
  readonly serves: boolean;
}

/** A port of the load balancer itself, which no app gets. */
export interface OwnBind {
  readonly address: string;
  readonly port: number;
  readonly what: string; // for example 'the shared http frontend'
  /** Whether a different process on this machine holds it. */
  readonly isForeign?: true;
}

/** Which claims got which ports and routes. */
export interface Arrangement {
  /** For each claim its front with what it got; the same object when it got everything; undefined when it can't be rendered at all. */
  readonly fronts: readonly (Front | undefined)[];
  /** The ports that are left out for a fault, with the routes that are answered 503. */
  readonly shut: readonly Front[];
  /** Who holds what once HAProxy runs this arrangement. */
  readonly holders: readonly Holder[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/** Who holds ports and routes besides the claims. */
export interface OtherHolders {
  /** The load balancer's own ports. */
  readonly own: readonly OwnBind[];
  /** Who holds what at the moment. */
  readonly holders: readonly Holder[];
  /** Ports of Marathon's apps that are left out. They keep what they hold and claim nothing more; those that are shut get the routes that nobody else has. */
  readonly absent?: readonly Front[];
  /** True under `--group '*'`, where other load balancers may be among the apps. */
  readonly takesAll?: boolean;
  /** Under --group-https-by-vhost, where the ports of a virtual host share an https bind. */
  readonly sharesTls?: boolean;
}

/**
 * Decides who gets a port or a route that two claims want. The load balancer itself comes first; then the claim that holds it already, whether or
 * not it serves; then the one with servers; then the one with the older definition; then the lower app id. A service that loses its port stays
 * reachable by its virtual hosts, and one that loses a host stays reachable by its port; both losses are Problems.
 */
export function arrange(claims: readonly Claim[], others: OtherHolders, wholeOf = makeHolder): Arrangement {
  const { all, ...told } = contest(claims, others, wholeOf);
  const fronts = all.slice(0, claims.length).map(({ got }) => got);
  return { fronts, shut: shutRoutes(all, wholeOf), holders: all.flatMap((one) => holderOf(one, wholeOf)), ...told };
}

/** The claims after all contests, then the ports that are not rendered; and what is told of losses. */
export function contest(claims: readonly Claim[], others: OtherHolders, wholeOf = makeHolder): Contested {
  const { own, holders, absent = NONE, takesAll = false, sharesTls = false } = others;
  const register = makeRegister(holders);
  const all = [
    ...claims.map(({ front, serves }): Contestant => {
      return { front, serves, isAbsent: false, got: front, held: new Set(wholeOf(front).holds) };
    }),
    ...absent.map((one): Contestant => {
      const { isShut, claimed: front = one } = one;
      const held = wholeOf(front).holds.filter((word) => register.nearness(front, [word]) < NEARNESS.stranger);
      const shut = isShut === true ? { shut: one } : {};
      return { front, serves: false, isAbsent: true, ...shut, got: undefined, held: new Set(held) };
    }),
  ];
  const judge: Judge = { register, last: NO_APPS };
  const told: Told = { leftOut: [], problems: [] };
  contestNames(all, judge, told);
  contestBinds(all, takesAll ? { ...judge, last: lookAlikes(claims, own) } : judge, { ...told, own });
  contestRoutes(all, judge, told);
  if (sharesTls) told.problems.push(...giveTlsOwners(all, judge));
  return { all, ...told };
}

/** How contests ended. */
interface Contested extends Told {
  readonly all: readonly Contestant[];
}

const NONE: readonly Front[] = [];
const NO_APPS: ReadonlySet<AppId> = new Set();

/** The apps that look like load balancers. */
function lookAlikes(claims: readonly Claim[], own: readonly OwnBind[]): ReadonlySet<AppId> {
  const ours = own.filter(({ isForeign }) => isForeign !== true).map(({ port }) => port);
  return balancersOf(
    claims.map(({ front }) => front),
    new Set(ours),
  );
}

/** What a port holds after all contests; none when it holds nothing. */
export function holderOf({ front, held }: Contestant, wholeOf: typeof makeHolder): readonly Holder[] {
  if (held.size === 0) return [];
  const whole = wholeOf(front);
  return [held.size === whole.holds.length && whole.holds.every((word) => held.has(word)) ? whole : { ...whole, holds: [...held] }];
}

/** Reports losses. */
interface Told {
  readonly leftOut: LeftOut[];
  readonly problems: Problem[];
}

/** Reports that a port loses something and gets `got` in its place. A port that is not rendered has lost it before. */
function lose(loser: Contestant, got: Front | undefined, { problem, leftOut, problems }: Told & { readonly problem: Problem }): void {
  if (loser.isAbsent) return;
  const { app, index } = loser.front;
  if (got?.bind === undefined && loser.got?.bind !== undefined) leftOut.push({ app, index, why: 'port-conflict' });
  loser.got = got && { ...got, claimed: loser.front };
  problems.push(problem);
}

function contestNames(all: readonly Contestant[], judge: Judge, told: Told): void {
  for (const [word, claimants] of contested(all, isName)) {
    const [winner, ...losers] = ranked(claimants, () => [word], judge);
    for (const loser of losers) {
      loser.held.clear();
      lose(loser, undefined, { ...told, problem: sameName(loser.front, winner as Contestant) });
    }
  }
}

function contestBinds(all: readonly Contestant[], judge: Judge, { own, ...told }: Told & Pick<OtherHolders, 'own'>): void {
  for (const claimants of byPort(all, own)) {
    const takers: Contestant[] = [];
    for (const one of ranked(claimants, boundBy, judge)) {
      const bind = one.front.bind as Bind;
      const ours = own.find((other) => overlaps(other, bind));
      const taker = takers.find(({ front }) => front.bind !== undefined && overlaps(front.bind, bind));
      if (taker === undefined && (ours === undefined || ours.isForeign === true)) takers.push(one);
      else one.held.delete(bindWord(bind));
      if (one.got === undefined || (ours === undefined && taker === undefined)) continue;
      const who = ours?.what ?? wordsOf(taker as Contestant);
      const hint = ours === undefined && judge.last.has(one.front.app) ? balancerHint(one.front.index) : undefined;
      lose(one, { ...one.got, bind: undefined }, { ...told, problem: portTaken(one.got, bind, { who, hint }) });
    }
  }
}

/** The claims on a bind, by its port, where several claim it or the load balancer has it. */
function byPort(all: readonly Contestant[], own: readonly OwnBind[]): readonly (readonly Contestant[])[] {
  const ports = new Set(own.map(({ port }) => port));
  const claimants = new Map<number, Contestant[]>();
  for (const one of all) {
    const bind = bindOf(one.front);
    if (bind === undefined || !one.held.has(bindWord(bind))) continue;
    const others = claimants.get(bind.port);
    if (others === undefined) claimants.set(bind.port, [one]);
    else others.push(one);
  }
  return [...claimants].flatMap(([port, them]) => (them.length > 1 || ports.has(port) ? [them] : []));
}

function boundBy(front: Front): readonly string[] {
  const bind = bindOf(front);
  return bind === undefined ? [] : bindWords(bind);
}

function contestRoutes(all: readonly Contestant[], judge: Judge, told: Told): void {
  const losses = new Map<Contestant, Map<Contestant, string[]>>();
  for (const [word, claimants] of contested(all, isRoute)) {
    const [winner, ...losers] = ranked(claimants, () => [word], judge);
    for (const loser of losers) {
      if (winner !== undefined && isSameSplit(winner.front, loser.front)) continue;
      loser.held.delete(word);
      const others = losses.get(loser) ?? new Map<Contestant, string[]>();
      losses.set(loser, others);
      const hosts = others.get(winner as Contestant);
      if (hosts === undefined) others.set(winner as Contestant, [hostOf(word)]);
      else hosts.push(hostOf(word));
    }
  }
  for (const [loser, others] of losses) {
    for (const [winner, hosts] of others) {
      if (loser.got === undefined) continue;
      const lost = new Set(hosts);
      const routes = loser.got.routes.filter(({ host }) => !lost.has(host));
      lose(loser, { ...loser.got, routes }, { ...told, problem: routesTaken(loser.front, hosts, winner) });
    }
  }
}

/** Whether two ports share their routes by weight. */
function isSameSplit({ split: a }: Front, { split: b }: Front): boolean {
  return a !== undefined && a.key === b?.key;
}

const WILDCARDS = ['*', '0.0.0.0', '[::]'];

function overlaps(a: Pick<Bind, 'address' | 'port'>, b: Pick<Bind, 'address' | 'port'>): boolean {
  return a.port === b.port && (a.address === b.address || WILDCARDS.includes(a.address) || WILDCARDS.includes(b.address));
}
