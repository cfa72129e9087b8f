import { isIP } from 'node:net';

/**
 * Returns the canonical form of an IP address: IPv6 in lower case with its longest run of zeros shortened (RFC 5952). An IPv4 address inside of
 * IPv6 (`::ffff:127.0.0.1`) becomes IPv4, because both bind the same address. Returns undefined for a text that is not an address, and for an
 * address with a zone (`fe80::1%eth0`), which HAProxy does not accept.
 */
export function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6 || text.includes('%')) return undefined;
  const six = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(six) ?? [];
  if (high === undefined || low === undefined) return six;
  return [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]).join('.');
}
