import type { Release } from '../model/release.ts';
import { isAtLeast } from '../haproxy/release.ts';
import { isChecked, isLiteralAddress, readTime, valueOf, type ServerLine } from '../haproxy/server-line.ts';

/** The `add server` command, or the reason why HAProxy can't add this server while it runs. */
export type Addition = { readonly text: string } | { readonly why: string };

/** A server to add to a backend. */
export interface AdditionParts {
  readonly backend: string;
  readonly line: ServerLine;
  readonly release: Release;
  /** The ids that other servers of the backend have. */
  readonly takenIds: ReadonlySet<string>;
}

/** HAProxy takes 64 words per command [MAX_CLI_ARGS]; a few are left for the master's `@1` and for what later versions may need. */
const MOST_WORDS = 60;

/**
 * Returns the `add server` command for a server line. The new server has only what its line says: HAProxy does not apply `default-server` to it.
 * It starts in maintenance, so the word `disabled` is left out.
 */
export function makeAddition({ backend, line, release, takenIds }: AdditionParts): Addition {
  const { name, address } = line;
  if (!isAtLeast(release, 2, 6)) return { why: `HAProxy ${release.major}.${release.minor} adds servers only in its experimental mode` };
  if (line.special) return { why: "its line has quotes or other characters that can't be written in a runtime command" };
  if (!isLiteralAddress(address))
    return { why: `'${address}' is not an address and port, and HAProxy does not resolve the name of a server that is added at runtime` };
  const unfit = unfitWord(line.words, release);
  if (unfit !== undefined) return { why: unfit };
  const words = ['add', 'server', `${backend}/${name}`, address, ...ownWords(line, takenIds), ...moreWords(line, release)];
  if (words.length > MOST_WORDS) return { why: `its line has more words than the ${MOST_WORDS} that fit into a runtime command` };
  return { text: words.join(' ') };
}

function ownWords({ words }: ServerLine, takenIds: ReadonlySet<string>): readonly string[] {
  const at = words.indexOf('id');
  const isTaken = at >= 0 && takenIds.has(words[at + 1] ?? '');
  return words.filter((word, i) => word !== 'disabled' && !(isTaken && (i === at || i === at + 1)));
}

/** How long a new server waits for its first health check. With HAProxy's default interval it would wait two seconds. */
const FIRST_CHECK_MS = 500;
const DEFAULT_INTER_MS = 2000;

/** Options that HAProxy gives to a server of the file by default, and to a server added at runtime only when the command has them. */
function moreWords(line: ServerLine, release: Release): readonly string[] {
  return [...checkWords(line), ...poolWords(line, release)];
}

function checkWords(line: ServerLine): readonly string[] {
  if (!isChecked(line)) return [];
  const has = (word: string): boolean => line.words.includes(word);
  const inter = valueOf(line, 'inter');
  const isSlow = (inter === undefined ? DEFAULT_INTER_MS : (readTime(inter) ?? DEFAULT_INTER_MS)) > FIRST_CHECK_MS;
  const isCheckedThere = !has('port') && !has('addr'); // the check uses the server's own port and speaks its protocol
  const speaksProxy = line.words.some((word) => word.startsWith('send-proxy'));
  return [
    // a server that was never checked counts as down, so `downinter` decides when its first check is made
    ...(isSlow && !has('downinter') ? ['downinter', `${FIRST_CHECK_MS}ms`] : []),
    ...(isCheckedThere && has('ssl') && !has('check-ssl') ? ['check-ssl'] : []),
    ...(isCheckedThere && speaksProxy && !has('check-send-proxy') ? ['check-send-proxy'] : []),
  ];
}

/** HAProxy 2.6 never reuses connections to a server that was added at runtime, unless the command says how many it may keep and how long. */
function poolWords({ words }: ServerLine, release: Release): readonly string[] {
  if (isAtLeast(release, 2, 8) || words.some((word) => word.startsWith('pool-'))) return [];
  return ['pool-max-conn', '-1', 'pool-purge-delay', '1s'];
}

interface Word {
  /** How many values follow the word. */
  readonly values: number;
  readonly since?: readonly [major: number, minor: number];
}

const words = (values: number, text: string, since?: Word['since']): readonly (readonly [string, Word])[] =>
  text.split(/\s+/).map((word) => [word, since === undefined ? { values } : { values, since }] as const);

/**
 * The words that `add server` takes [management.txt of 2.6, `add server help` of 3.4]. `track` and `agent-check` are left out, because servers with
 * them need more than this command.
 */
const WORDS: ReadonlyMap<string, Word> = new Map([
  ...words(0, 'allow-0rtt backup check check-send-proxy check-ssl check-via-socks4 disabled no-ssl-reuse no-tls-tickets tls-tickets'),
  ...words(0, 'force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13'),
  ...words(0, 'send-proxy send-proxy-v2 send-proxy-v2-ssl send-proxy-v2-ssl-cn ssl tfo'),
  ...words(1, 'addr alpn ca-file check-alpn check-proto check-sni ciphers ciphersuites crl-file crt downinter error-limit fall fastinter'),
  ...words(1, 'id inter maxconn maxqueue minconn npn observe on-error on-marked-down on-marked-up pool-low-conn pool-max-conn'),
  ...words(1, 'pool-purge-delay port proto proxy-v2-options rise slowstart sni source usesrc interface ssl-max-ver ssl-min-ver'),
  ...words(1, 'verify verifyhost weight ws'),
  ...words(1, 'cookie', [3, 0]),
  ...words(1, 'init-state', [3, 1]),
  ...words(0, 'no-sni-auto strict-maxconn', [3, 4]),
  ...words(1, 'client-sigalgs curves guid hash-key healthcheck idle-ping pool-conn-name shard sigalgs', [3, 4]),
]);

/** Returns a sentence about the first word of a line that `add server` of this release does not take; undefined when it takes all words. */
function unfitWord(all: readonly string[], release: Release): string | undefined {
  for (let i = 0; i < all.length; i++) {
    const word = all[i] as string;
    const known = WORDS.get(word);
    if (known === undefined) return `HAProxy can't add a server with '${word}' at runtime`;
    const [major, minor] = known.since ?? [0, 0];
    if (!isAtLeast(release, major, minor)) return `HAProxy ${release.major}.${release.minor} can't add a server with '${word}' at runtime`;
    i += known.values;
  }
  return undefined;
}
