import { BlockList, isIP } from 'node:net';
import { shown } from './auth.ts';

/** A redirect: `from` was asked for `path` and answered `location`. `secret` says whether credentials were sent. */
interface Redirect {
  readonly from: URL;
  readonly path: string;
  readonly location: string | undefined;
  readonly secret: boolean;
  /** Decides whether credentials may be sent to this leader; called only when there are credentials. */
  readonly mayTrust: MayTrust;
}

/** Whether credentials that were given for `from` may go to the leader that it names. */
export type MayTrust = (leader: URL, from: URL) => boolean;

/**
 * Returns the URL of the leader to which a standby redirects. From 1.7.50 on, a standby answers /v2/events with a 302 to
 * `http(s)://leader:port/v2/events?…`. Throws an Error when the redirect leads to a different path (a login page), to a host that is not trusted with
 * the credentials, or from https to http with credentials.
 */
export function leaderOf({ from, path, location, secret, mayTrust }: Redirect): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw new Error('answered with a redirect without a usable address');
  const leader = new URL(location, from);
  leader.username = '';
  leader.password = '';
  if (!leader.protocol.startsWith('http') || !leader.pathname.endsWith(path))
    throw new Error(`answered with a redirect to ${shown(leader)} instead of to its leader's ${path} (does it want credentials?)`);
  if (secret && from.protocol === 'https:' && leader.protocol === 'http:')
    throw new Error(`names ${leader.origin} as its leader, but credentials given for https are not sent over http`);
  if (secret && !mayTrust(leader, from))
    throw new Error(
      `names ${leader.origin} as its leader, which gets no credentials because it is neither a host of --marathon nor of the same domain; ` +
        `--marathon-leader-hosts ${hostOf(leader)} allows it`,
    );
  return leader;
}

/** The values of `--marathon-leader-hosts`: 'm1.acme.org', '*.acme.org', '10.0.0.1', '10.0.0.0/24'. */
export type LeaderHosts = readonly string[];

/**
 * Makes a function that trusts the hosts of `--marathon`, hosts of the same domain as the host that redirects, and the hosts that the operator names.
 * Two names have the same domain when they are equal after the first dot, and that part has a dot itself or is a private top-level domain.
 */
export function makeMayTrust(bases: readonly URL[], leaderHosts: LeaderHosts): MayTrust {
  const own = new Set(bases.map(hostOf));
  const named = new Set(leaderHosts.map((one) => one.toLowerCase()));
  const networks = networksOf(leaderHosts);
  return (leader, from) => {
    const host = hostOf(leader);
    if (own.has(host) || named.has(host)) return true;
    const family = isIP(host);
    if (family > 0) return networks.check(host, family === 6 ? 'ipv6' : 'ipv4');
    return isSameDomain(host, hostOf(from)) || leaderHosts.some((one) => one.startsWith('*.') && host.endsWith(one.slice(1).toLowerCase()));
  };
}

/** Top-level domains under which nobody can register a name. */
const PRIVATE = new Set(['mesos', 'internal', 'local', 'localdomain', 'lan', 'test']);

function isSameDomain(host: string, other: string): boolean {
  if (isIP(other) > 0) return false;
  const [domain, others] = [domainOf(host), domainOf(other)];
  return domain === others && (domain === '' || domain.includes('.') || PRIVATE.has(domain));
}

/** Returns 'acme.org' for 'm1.acme.org'; empty for a name without a dot, which is looked up in the machine's own domain. */
function domainOf(host: string): string {
  return host.includes('.') ? host.slice(host.indexOf('.') + 1) : '';
}

/** Returns the host of a URL in lower case, without the brackets of an IPv6 address and without a dot at its end. */
function hostOf({ hostname }: URL): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function networksOf(leaderHosts: LeaderHosts): BlockList {
  const networks = new BlockList();
  for (const one of leaderHosts) {
    const [address = '', bits] = one.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(address) > 0) networks.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return networks;
}
