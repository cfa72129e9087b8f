import { bracketed } from '../lib/bracketed.ts';
import { distinct } from '../lib/distinct.ts';
import { each, isSameList, withPlaces } from '../lib/lists.ts';
import { makeSharing } from '../lib/sharing.ts';
import type { Holder } from '../model/holder.ts';
import type { TakenBind } from '../model/quarantine.ts';
import type { Front } from '../model/service.ts';
import { arrange, contest, holderOf, type Arrangement, type Claim, type OwnBind } from '../services/arrange.ts';
import { shutRoutes } from '../services/shut-routes.ts';
import { bindOf, bindWords, makeHolder } from '../services/holders.ts';
import type { RenderSettings } from './render.ts';

interface HoldersAndAbsent {
  readonly holders: readonly Holder[];
  readonly taken: readonly TakenBind[];
  readonly absent: readonly Front[];
}

interface How {
  readonly own: readonly OwnBind[];
  readonly takesAll: boolean;
  readonly sharesTls: boolean;
}

/**
 * Arranges all claims, and remembers the last time. Who holds what until now matters only where something is claimed twice, or by a port that is not
 * rendered. Only claims that contest each other are arranged: every other port gets all that it claims.
 */
export function makeArrange({ own, ...how }: How): (claims: readonly Claim[], others: HoldersAndAbsent) => Arrangement {
  const wholeOf = makeWholeOf();
  const arrangeFew = makeArrangeFew(wholeOf);
  const isForAll = how.takesAll || how.sharesTls; // then it also depends on what no two ports contest
  let last: (HoldersAndAbsent & { readonly claims: readonly Claim[]; readonly arrangement: Arrangement }) | undefined;
  return (claims, { holders, taken, absent }) => {
    const isSame = last?.taken === taken && isSameList(last.absent, absent) && isSameList(last.claims, claims);
    const isFree = last?.arrangement.problems.length === 0 && absent.length === 0;
    if (last !== undefined && isSame && (last.holders === holders || isFree)) return last.arrangement;
    const others = { own: [...own, ...taken.map(asOwn)], holders, absent, ...how };
    const arrangement = isForAll ? arrange(claims, others, wholeOf) : arrangeFew(claims, others);
    last = { claims, holders, taken, absent, arrangement };
    return arrangement;
  };
}

type WholeOf = (front: Front) => Holder;

/** Returns a function that gives the holder that a port becomes when it gets everything; the same object for the same front. */
function makeWholeOf(): WholeOf {
  const wholes = new WeakMap<Front, Holder>();
  return (front) => {
    const known = wholes.get(front) ?? makeHolder(front);
    wholes.set(front, known);
    return known;
  };
}

type ArrangedWith = Required<Parameters<typeof arrange>[1]>;

/** Returns a function that arranges the claims that others contest, and puts them among those that nobody contests. */
function makeArrangeFew(wholeOf: WholeOf): (claims: readonly Claim[], others: ArrangedWith) => Arrangement {
  const contested = makeSharing(({ front }: Claim) => claimedWords(front, wholeOf));
  const frontsOf = each(({ front }: Claim): Front | undefined => front);
  const holdersOf = each(({ front }: Claim) => wholeOf(front));
  return (claims, { holders, ...others }) => {
    const { own, absent } = others;
    const words = [...own.map(({ port }) => portWord(port)), ...absent.flatMap((front) => wordsOfAbsent(front, wholeOf))];
    const few = contested(claims, words);
    const [fronts, wholes] = [frontsOf(claims), holdersOf(claims)];
    if (few.length === 0 && absent.length === 0) return { fronts, shut: [], holders: wholes, leftOut: [], problems: [] };
    const { all, ...told } = contest(
      few,
      { ...others, holders: concerned(holders, [...few.map(({ front }) => front), ...absent.map(asked)]) },
      wholeOf,
    );
    const byPlace = byPlaceIn(claims, few, all);
    const got = new Map(Array.from(byPlace, ([place, one]) => [place, one.got]));
    const held = wholes.flatMap((whole, place) => {
      const one = byPlace.get(place);
      return one === undefined ? whole : holderOf(one, wholeOf);
    });
    return {
      fronts: withPlaces(fronts, got),
      shut: shutRoutes(all, wholeOf),
      holders: held.concat(all.slice(few.length).flatMap((one) => holderOf(one, wholeOf))),
      ...told,
    };
  };

  /** The holders of what these ports claim. */
  function concerned(holders: readonly Holder[], fronts: readonly Front[]): readonly Holder[] {
    const words = new Set(fronts.flatMap((front) => [...wholeOf(front).holds, ...bindWordsOf(front)]));
    return holders.filter(({ holds }) => holds.some((word) => words.has(word)));
  }
}

/** What each of a few claims got, by the place of the claim among all claims. `results` has the result of `few[i]` at i. */
function byPlaceIn<Result>(claims: readonly Claim[], few: readonly Claim[], results: readonly Result[]): ReadonlyMap<number, Result> {
  const ofClaims = new Map(few.map((claim, i) => [claim, results[i]]));
  return new Map(
    claims.flatMap((claim, place) => {
      const result = ofClaims.get(claim);
      return result === undefined ? [] : [[place, result] as const];
    }),
  );
}

/** The words by which claims may contest each other: those of a holder, and the port of a bind, because binds of several addresses may overlap. */
function claimedWords(front: Front, wholeOf: WholeOf): readonly string[] {
  const bind = bindOf(front);
  const words = bind === undefined ? wholeOf(front).holds : [...wholeOf(front).holds, portWord(bind.port)];
  return distinct(words);
}

/** The same for a port that is left out: what its labels ask for, and what is rendered where it is shut. */
function wordsOfAbsent(front: Front, wholeOf: WholeOf): readonly string[] {
  return distinct([...claimedWords(front, wholeOf), ...claimedWords(asked(front), wholeOf)]);
}

/** What the labels of a port ask for, where it is shut. */
function asked(front: Front): Front {
  return front.isShut === true ? (front.claimed ?? front) : front;
}

function portWord(port: number): string {
  return `port ${port}`;
}

function bindWordsOf(front: Front): readonly string[] {
  const bind = bindOf(front);
  return bind === undefined ? [] : bindWords(bind);
}

/** An address and port that a different process has is treated like one of the load balancer's own, so that no app gets it. */
function asOwn({ address, port, why }: TakenBind): OwnBind {
  return { address: bracketed(address), port, what: `another process: ${why}`, isForeign: true };
}

/** The addresses and ports of the load balancer's own frontends. */
export function ownBinds({ bindAddress: address, ports, sharedFrontends }: RenderSettings): readonly OwnBind[] {
  const shared = [
    { address, port: ports.http, what: 'the shared http frontend (--http-port)' },
    { address, port: ports.https, what: 'the shared https frontend (--https-port)' },
  ];
  return [
    ...(sharedFrontends ? shared : []),
    { address, port: ports.appId, what: 'the frontend by app id (--app-id-port)' },
    { address, port: ports.stats, what: 'the statistics page (--stats-port)' },
  ];
}
