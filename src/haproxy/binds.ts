import { canonicalAddress } from '../lib/canonical-address.ts';

/** One address and port that a configuration binds. */
export interface BindAddress {
  /** `*` (all of IPv4), an IPv4 or IPv6 address without brackets, or a name. */
  readonly address: string;
  readonly port: number;
  /** `::` without what comes over IPv4. */
  readonly v6only?: true;
  /** On this network interface alone. */
  readonly interface?: string;
  /** Its address need not be one of this machine's. */
  readonly transparent?: true;
}

const ELSEWHERE = /\snamespace(?:\s|$)/; // a lookup from here says nothing about another network namespace
// sockets that are no TCP ports (configuration.txt, `bind`): abstract and Unix ones, inherited ones, QUIC's UDP, reverse HTTP
const NO_PORT = /^(?:\/|abnsz?@|uxdg@|uxst@|unix@|fd@|sockpair@|quic[46]@|udp[46]?@|rhttp@|rev@)/;
const BIND = /^([ \t]*bind[ \t]+)(\S+)(.*)$/gm;

/**
 * The TCP addresses of all `bind` lines in a configuration, in order, ranges spread out. Left out are those whose port no lookup from here can
 * judge: Unix sockets and inherited ones, other network namespaces, addresses out of environment variables.
 */
export function bindsOf(text: string): readonly BindAddress[] {
  return Array.from(text.matchAll(BIND)).flatMap(([, , words = '', options = '']) =>
    wordsOf(words).flatMap((word) => judged(word, options)),
  );
}

/** How many listening sockets all `bind` lines of a configuration make, of whatever kind. */
export function countListeners(text: string): number {
  const words = Array.from(text.matchAll(BIND)).flatMap(([, , all = '']) => wordsOf(all));
  return words.reduce((sum, word) => sum + Math.max(1, addressesOf(word).length), 0);
}

/**
 * A text without the addresses in its `bind` lines that `isOut` names, a range as a whole, and without the lines that have none left. A frontend
 * without a `bind` is one that nobody reaches, which HAProxy takes with a warning.
 */
export function withoutBinds(text: string, isOut: (bind: BindAddress) => boolean): string {
  return text.replace(/^([ \t]*bind[ \t]+)(\S+)(.*)(\n|$)/gm, (line, start: string, words: string, options: string, end: string) => {
    const all = wordsOf(words);
    const kept = all.filter((word) => !judged(word, options).some(isOut));
    if (kept.length === all.length) return line;
    return kept.length === 0 ? '' : `${start}${kept.join(',')}${options}${end}`;
  });
}

function wordsOf(words: string): readonly string[] {
  return words.replace(/["']/g, '').split(',');
}

/** The addresses of a word that a lookup can judge. */
function judged(word: string, rest: string): readonly BindAddress[] {
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

/** `*:80`, `:80`, `127.0.0.1:8000-8005`, `[::]:443`, `::1:80`, `ipv6@::1:80`: the port is what follows the last colon. */
function addressesOf(word: string): readonly BindAddress[] {
  const [, host = '', first, last = first] = /^(?:(?:ipv[46]|tcp[46]?|mptcp[46]?)@)?(.*):(\d+)(?:-(\d+))?$/.exec(word) ?? [];
  if (first === undefined || NO_PORT.test(word) || host.includes('$')) return [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const address = bare !== '' ? (canonicalAddress(bare) ?? bare) : /^(?:ipv|tcp|mptcp)6@/.test(word) ? '::' : '*';
  const many = Math.max(0, Math.min(Number(last), 65_535) - Number(first) + 1);
  return Array.from({ length: many }, (_, i) => ({ address, port: Number(first) + i }));
}
