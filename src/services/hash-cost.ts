/** The time that a password costs HAProxy for each request, or why the hash is refused. */
export type HashCost = { readonly milliseconds: number } | { readonly refused: string };

const MOST_ROUNDS = 100_000;
const MOST_BCRYPT = 10;

/** The milliseconds that crypt(3) takes on one core of a server, measured: for bcrypt of cost 10, and for 1,000 rounds of SHA-2. */
const BCRYPT_10_MS = 52;
const THOUSAND_ROUNDS_MS = 0.5;

/**
 * The cost of a crypt(3) hash. `$1$` and DES have a fixed cost, `$5$` and `$6$` name their rounds, and bcrypt doubles with every step. Everything
 * else is refused: kinds whose cost can't be read from the text (`$y$`, `$7$`), and DES with a counter (`_`).
 */
export function costOf(hash: string): HashCost {
  if (!hash.startsWith('$'))
    return hash.startsWith('_') ? { refused: 'its kind of hash is refused, because its cost has no limit' } : { milliseconds: 0 };
  if (hash.startsWith('$1$')) return { milliseconds: 1 };
  if (/^\$[56]\$/.test(hash)) return costOfRounds(hash.slice(3));
  const [, cost] = /^\$2[abxy]?\$(\d{2})\$/.exec(hash) ?? [];
  if (cost !== undefined) return costOfBcrypt(Number(cost));
  return {
    refused: `hashes of the kind ${JSON.stringify(hash.slice(0, hash.charAt(2) === '$' ? 3 : 4))} are refused, because their cost has no limit`,
  };
}

function costOfRounds(rest: string): HashCost {
  if (!rest.startsWith('rounds=')) return { milliseconds: 5 * THOUSAND_ROUNDS_MS };
  const [, digits] = /^rounds=([1-9]\d{0,9})\$/.exec(rest) ?? [];
  if (digits === undefined) return { refused: 'the rounds of its hash are not a whole number' };
  const rounds = Number(digits);
  if (rounds > MOST_ROUNDS) return { refused: `its hash asks for ${rounds} rounds, and at most ${MOST_ROUNDS} are accepted` };
  return { milliseconds: (rounds / 1000) * THOUSAND_ROUNDS_MS };
}

function costOfBcrypt(cost: number): HashCost {
  const milliseconds = BCRYPT_10_MS * 2 ** (cost - 10);
  if (cost <= MOST_BCRYPT) return { milliseconds };
  return {
    refused: `its hash is bcrypt of cost ${cost}, which takes ${Math.round(milliseconds)} ms for each request, and at most cost ${MOST_BCRYPT} is accepted`,
  };
}
