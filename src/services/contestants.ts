import { byText } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { Front } from '../model/service.ts';
import { NEARNESS, type Register } from './holders.ts';

/** A port, while it is decided what it gets. */
export interface Contestant {
  /** What its labels ask for. */
  readonly front: Front;
  readonly serves: boolean;
  /** It is not rendered: it keeps what it holds, and claims nothing else. */
  readonly isAbsent: boolean;
  /** What it gets; undefined when it can't be rendered. */
  got: Front | undefined;
  /** What it holds from now on, as far as that is decided. */
  readonly held: Set<string>;
}

/** What decides between those that claim one thing. */
export interface Judge {
  readonly register: Register;
  /** Apps that get nothing that another app serves or holds. */
  readonly last: ReadonlySet<AppId>;
}

/** Those that claim one thing, the one that gets it first. `words`: that thing, and all that includes it, as a holder has them. */
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

/** Behind those that hold it, by how near they are to the holder. */
const STANDING = { serves: 4, lastThatHolds: 5, lastThatServes: 6, idle: 7 } as const;

function inOrder(a: Contestant, b: Contestant): number {
  return (
    Number(b.serves) - Number(a.serves) ||
    byText(a.front.changedAt ?? '', b.front.changedAt ?? '') ||
    byText(a.front.app, b.front.app) ||
    a.front.index - b.front.index
  );
}

/** The contestants that still have a word, by word, in order; only words that more than one has. */
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
