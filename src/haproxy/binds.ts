import { canonicalAddress } from '../lib/canonical-address.ts';

/** One address and port that a configuration binds. */
export interface BindAddress {
  /** `*` (all of IPv4), an IPv4 or IPv6 address without brackets, or a host name. */
  readonly address: string;
  readonly port: number;
  /** The bind is for `::` without IPv4. */
  readonly v6only?: true;
  /** The only network interface that is bound. */
  readonly interface?: string;
  /** The address need not belong to this machine. */
  readonly transparent?: true;
}

const ELSEWHERE = /\snamespace(?:\s|$)/; // a lookup from here says nothing about a different network namespace
// Sockets that are not TCP ports (configuration.txt, `bind`): abstract and Unix sockets, inherited ones, QUIC's UDP, reverse HTTP.
const NO_PORT = /^(?:\/|abnsz?@|uxdg@|uxst@|unix@|fd@|sockpair@|quic[46]@|udp[46]?@|rhttp@|rev@)/;
const BIND = /^([ \t]*bind[ \t]+)(\S+)((?:[^\S\n].*)?)$/gm;

/**
 * The TCP addresses of all `bind` lines in a configuration, in order, with port ranges expanded. Binds whose port can't be looked up from here are
 * left out: Unix and inherited sockets, other network namespaces, and addresses from environment variables.
 */
export function bindsOf(text: string): readonly BindAddress[] {
  return Array.from(text.matchAll(BIND)).flatMap(([, , words = '', options = '']) =>
    wordsOf(words).flatMap((word) => judged(word, options)),
  );
}

/** How many listening sockets of any kind the `bind` lines of a configuration create. */
export function countListeners(text: string): number {
  const words = Array.from(text.matchAll(BIND)).flatMap(([, , all = '']) => wordsOf(all));
  return words.reduce((sum, word) => sum + (word.includes('-') ? Math.max(1, addressesOf(word).length) : 1), 0);
}

/**
 * Removes from a text's `bind` lines the addresses for which `isOut` is true (a port range as a whole), and the lines that have no address left.
 * HAProxy accepts a frontend without a `bind`, with a warning; no client can reach it.
 */
export function withoutBinds(text: string, isOut: (bind: BindAddress) => boolean): string {
  return text.replace(
    /^([ \t]*bind[ \t]+)(\S+)((?:[^\S\n].*)?)(\n|$)/gm,
    (line, start: string, words: string, options: string, end: string) => {
      const all = wordsOf(words);
      const kept = all.filter((word) => !judged(word, options).some(isOut));
      if (kept.length === all.length) return line;
      return kept.length === 0 ? '' : `${start}${kept.join(',')}${options}${end}`;
    },
  );
}

function wordsOf(words: string): readonly string[] {
  return words.replaceAll(/["']/g, '').split(',');
}

/** The addresses of a word that can be looked up from here. */
function judged(word: string, rest: string): readonly BindAddress[] {
  if (rest === '') return addressesOf(word); // nearly every line of a large file
  const options = rest.replace(/\s#.*/, '');
  if (ELSEWHERE.test(options)) return [];
  const isV6only = /\sv6only(?:\s|$)/.test(options);
  const [, device] = /\sinterface\s+(\S+)/.exec(options) ?? [];
  const more = {
    ...(device !== undefined && { interface: device.replace(/["']/g, '') }),
    ...(/\stransparent(?:\s|$)/.test(options) && { transparent: true as const }),
  };
  return addressesOf(word).map((bind) => ({ ...bind, ...(isV6only && bind.address === '::' && { v6only: true as const }), ...more }));
}

/** The addresses in a word: `*:80`, `:80`, `127.0.0.1:8000-8005`, `[::]:443`, `::1:80`, `ipv6@::1:80`. The port is the part after the last colon. */
function addressesOf(word: string): readonly BindAddress[] {
  const [, host = '', first, last = first] = /^(?:(?:ipv[46]|tcp[46]?|mptcp[46]?)@)?(.*):(\d+)(?:-(\d+))?$/.exec(word) ?? [];
  if (first === undefined || NO_PORT.test(word) || host.includes('$')) return [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const address = bare !== '' ? (canonicalAddress(bare) ?? bare) : /^(?:ipv|tcp|mptcp)6@/.test(word) ? '::' : '*';
  const many = Math.max(0, Math.min(Number(last), 65_535) - Number(first) + 1);
  return Array.from({ length: many }, (_, i) => ({ address, port: Number(first) + i }));
}
