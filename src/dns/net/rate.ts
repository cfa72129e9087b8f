import { isIPv4 } from 'node:net';

/** Whether a source address may have one more answer now. */
export type Allow = (address: string) => boolean;

interface RateSettings {
  /** The most answers to each source in a second; 0 means no limit. */
  readonly perSecond: number;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/** Counts the answers to each source in windows of one second. Only the map of the current window is kept, so earlier sources cost no memory. */
export function makeRate({ perSecond, now }: RateSettings): Allow {
  if (perSecond === 0) return () => true;
  let counts = new Map<string, number>();
  let start = -Infinity;
  return (address) => {
    const at = now();
    if (at - start >= 1_000) {
      start = at;
      counts = new Map();
    }
    const source = sourceOf(address);
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    return count <= perSecond;
  };
}

/**
 * The network that counts as one source: the /24 of an IPv4 address and the /56 of an IPv6 address, because an attacker may control all addresses in
 * it. IPv4-mapped IPv6 addresses count as IPv4.
 */
export function sourceOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIPv4(plain) ? plain.slice(0, plain.lastIndexOf('.')) : prefixOf(plain);
}

/** The first 56 bits of an IPv6 address as 14 hexadecimal digits. */
function prefixOf(address: string): string {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail ?? '').split(':')];
  return all.slice(0, 4).map((group) => group.padStart(4, '0')).join('').slice(0, 14); // prettier-ignore
}
