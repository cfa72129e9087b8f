import { byText } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { Front } from '../model/service.ts';
import { NEARNESS, type Register } from './holders.ts';

/** A port during the decision about who gets which bind and which routes. */
export interface Contestant {
  /** What its labels ask for. */
  readonly front: Front;
  readonly serves: boolean;
  /** True for a port that is not rendered: it keeps what it holds and claims nothing new. */
  readonly isAbsent: boolean;
  /** What is rendered in its place, as far as nobody else has its routes, where it is left out for a fault. */
  readonly shut?: Front;
  /** What it gets; undefined when it can't be rendered. */
  got: Front | undefined;
  /** What it holds from now on, as far as that is decided. */
  readonly held: Set<string>;
}

/** The inputs that decide between ports that claim the same bind or route. */
export interface Judge {
  readonly register: Register;
  /** Apps that get nothing that another app serves or holds. */
  readonly last: ReadonlySet<AppId>;
}

/** Sorts ports that claim the same thing: the first one gets it. `words` are the holder's words for the thing and for whatever includes it. */
export function ranked(
  contestants: readonly Contestant[],
  words: (front: Front) => readonly string[],
  { register, last }: Judge,
): readonly Contestant[] {
  const standing = ({ front, serves }: Contestant): number => {
    const nearness = register.nearness(front, words(front));
    const holds = nearness < NEARNESS.stranger;
    if (last.has(front.app)) return holds ? STANDING.lastThatHolds : serves ? STANDING.lastThatServes : STANDING.idle;
    return holds ? nearness : serves ? STANDING.serves : STANDING.idle;
  };
  return contestants
    .map((contestant) => ({ contestant, at: standing(contestant) }))
    .sort((a, b) => a.at - b.at || inOrder(a.contestant, b.contestant))
    .map(({ contestant }) => contestant);
}

/** The places after those of the holder's own ports, which come first, in the order of NEARNESS. */
const STANDING = { serves: 4, lastThatHolds: 5, lastThatServes: 6, idle: 7 } as const;

/** Contestants in the order that decides where nothing else does. */
export function ordered(contestants: readonly Contestant[]): readonly Contestant[] {
  return [...contestants].sort(inOrder);
}

function inOrder(a: Contestant, b: Contestant): number {
  return (
    Number(b.serves) - Number(a.serves) ||
    byText(a.front.changedAt ?? '', b.front.changedAt ?? '') ||
    byText(a.front.app, b.front.app) ||
    a.front.index - b.front.index
  );
}

/** Each word that more than one contestant still has, with those contestants in their order. */
export function contested(all: readonly Contestant[], isWanted: (word: string) => boolean): readonly (readonly [string, Contestant[]])[] {
  const claimants = new Map<string, Contestant[]>();
  for (const one of all) {
    for (const word of one.held) {
      if (!isWanted(word)) continue;
      const others = claimants.get(word);
      if (others === undefined) claimants.set(word, [one]);
      else others.push(one);
    }
  }
  return [...claimants].filter(([, them]) => them.length > 1);
}
