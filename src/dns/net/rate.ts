import { isIPv4 } from 'node:net';

/** Whether a source may have one more answer now. */
export type Allow = (address: string) => boolean;

interface RateSettings {
  /** Answers for each source in a second; 0: as many as it asks for. */
  readonly perSecond: number;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

/** Counts answers for each source, second by second. One map is kept for the second that runs, so that sources of before cost no memory. */
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

/** The network that counts as one source: the /24 of an IPv4 address, the /56 of an IPv6 one, as an attacker may have all addresses in it. */
export function sourceOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIPv4(plain) ? plain.slice(0, plain.lastIndexOf('.')) : prefixOf(plain);
}

/** The first 56 bits, in hexadecimal digits. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail ?? '').split(':')];
  return all.slice(0, 4).map((group) => group.padStart(4, '0')).join('').slice(0, 14); // prettier-ignore
}
