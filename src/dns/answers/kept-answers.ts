import { answer, type Elsewhere, type DnsQuestion } from './answer.ts';
import { encodeAnswer, type Encoded } from './packet.ts';
import type { Apex, Entry, Zones } from '../zones/records.ts';

/** An encoded answer and the entries it was made from. */
interface Kept {
  readonly key: string;
  readonly encoded: Encoded;
  readonly name: string;
  readonly apex: Apex | undefined;
  readonly from: readonly (readonly [name: string, entry: Entry | undefined])[];
  /** The last zones for which the answer was found to be valid. */
  zones: Zones;
}

/** Roughly what a cached answer costs in memory in addition to its bytes. */
const OVERHEAD = 700; // bytes

/**
 * Returns a function that answers a question with encoded records and caches them by name and type. A cached answer is valid while the entries it was
 * made from are the same objects. The cache holds at most `mostBytes` bytes. Negative answers are made once for each zone and each version of the
 * zones.
 */
export function makeAnswers(elsewhere: Elsewhere, mostBytes: number): (question: DnsQuestion, zones: Zones) => Encoded | 'elsewhere' {
  const shelf = makeShelf(mostBytes);
  const nothing = makeNothing();
  return (question, zones) => {
    const key = `${question.type} ${question.name}`;
    const kept = question.class === 'IN' ? shelf.get(key) : undefined;
    if (kept !== undefined && holds(kept, zones)) return kept.encoded;
    const made = answer(question, zones, elsewhere);
    if (made === 'elsewhere') return made;
    if (made.answers.length === 0) return nothing(zones, `${made.rcode} ${made.authority[0]?.name ?? ''}`, () => encodeAnswer(made, ''));
    const encoded = encodeAnswer(made, question.name);
    const lasts = made.answers.every(({ type }) => type !== 'SOA') && !question.name.includes('*');
    if (!lasts) return encoded;
    const apex = zones.apexOf(question.name);
    return shelf.put({ key, encoded, name: question.name, apex, from: made.from, zones }).encoded;
  };
}

function holds(kept: Kept, zones: Zones): boolean {
  if (kept.zones === zones) return true;
  if (zones.apexOf(kept.name) !== kept.apex || kept.from.some(([name, entry]) => zones.find(name) !== entry)) return false;
  kept.zones = zones;
  return true;
}

function sizeOf({ answers, additional }: Encoded): number {
  return OVERHEAD + answers.bytes.length + additional.bytes.length + 16 * (answers.ends.length + additional.ends.length);
}

/** Caches negative answers. They contain the serial, so all of them become invalid with any change of the zones. */
function makeNothing(): (zones: Zones, key: string, make: () => Encoded) => Encoded {
  let of: Zones | undefined;
  const made = new Map<string, Encoded>();
  return (zones, key, make) => {
    if (of !== zones) made.clear();
    of = zones;
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known;
  };
}

/** The cache of answers that were asked for recently. */
interface AnswerCache {
  readonly get: (key: string) => Kept | undefined;
  /** Stores a copy of the answer with its own bytes, and returns the copy. */
  readonly put: (kept: Kept) => Kept;
}

/**
 * The cache has two halves. When the young half is full, it becomes the old half and the previous old half is dropped. An answer found in the old
 * half is stored in the young half again.
 */
function makeShelf(mostBytes: number): AnswerCache {
  let [young, old] = [new Map<string, Kept>(), new Map<string, Kept>()];
  let used = 0;
  let own = makeBlocks();
  const put = (given: Kept): Kept => {
    const size = sizeOf(given.encoded);
    if (used + size > mostBytes / 2) {
      old = young;
      young = new Map();
      used = 0;
      own = makeBlocks();
    }
    used += size;
    const { answers, additional } = given.encoded;
    const kept = { ...given, encoded: { ...given.encoded, answers: own(answers), additional: own(additional) } };
    young.set(kept.key, kept);
    return kept;
  };
  const get = (key: string): Kept | undefined => {
    const older = young.has(key) ? undefined : old.get(key);
    return older === undefined ? young.get(key) : put(older);
  };
  return { get, put };
}

const BLOCK = 2 ** 18; // bytes

/**
 * Copies answers one after another into large blocks that are freed together with their half of the cache. A small Buffer allocated by Node would
 * keep its 8 kB pool alive.
 */
function makeBlocks(): (part: Encoded['answers']) => Encoded['answers'] {
  let block = Buffer.alloc(0);
  let filled = 0;
  return ({ bytes, ends }) => {
    if (bytes.length === 0 || bytes.length > BLOCK / 4) return { bytes, ends };
    if (filled + bytes.length > block.length) {
      block = Buffer.allocUnsafeSlow(BLOCK);
      filled = 0;
    }
    const mine = block.subarray(filled, filled + bytes.length);
    filled += bytes.copy(mine);
    return { bytes: mine, ends };
  };
}
