import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { TakenBind } from '../model/quarantine.ts';

/** One address and port that a configuration binds. */
export interface BindAddress {
  /** `*` (all of IPv4), an IPv4 or IPv6 address without brackets, or a name. */
  readonly address: string;
  readonly port: number;
}

// a lookup from here says nothing about these: another network namespace, an address that need not be here, one interface only
const ELSEWHERE = /\s(?:namespace|transparent|interface)(?:\s|$)/;
// sockets that are no TCP ports (configuration.txt, `bind`): abstract and Unix ones, inherited ones, QUIC's UDP, reverse HTTP
const NO_PORT = /^(?:\/|abnsz?@|uxdg@|uxst@|unix@|fd@|sockpair@|quic[46]@|udp[46]?@|rhttp@|rev@)/;

/**
 * The TCP addresses of all `bind` lines in a configuration, in order, ranges spread out. Left out are those whose port no lookup from here can
 * judge: Unix sockets and inherited ones, other network namespaces, addresses out of environment variables.
 */
export function bindsOf(text: string): readonly BindAddress[] {
  return bindLines(text).flatMap(({ words, options }) => (ELSEWHERE.test(options) ? [] : words.flatMap(addressesOf)));
}

/** How many listening sockets all `bind` lines of a configuration make, of whatever kind. */
export function countListeners(text: string): number {
  return bindLines(text).reduce((sum, { words }) => sum + words.reduce((n, word) => n + Math.max(1, addressesOf(word).length), 0), 0);
}

interface BindLine {
  readonly words: readonly string[];
  readonly options: string;
}

function bindLines(text: string): readonly BindLine[] {
  const lines = text.matchAll(/^[ \t]*bind[ \t]+(\S+)(.*)$/gm);
  return Array.from(lines, ([, words = '', rest = '']) => ({
    words: words.replace(/["']/g, '').split(','),
    options: rest.replace(/\s#.*/, ''),
  }));
}

/** `*:80`, `:80`, `127.0.0.1:8000-8005`, `[::]:443`, `::1:80`, `ipv6@::1:80`: the port is what follows the last colon. */
function addressesOf(word: string): readonly BindAddress[] {
  const [, host = '', first, last = first] = /^(?:(?:ipv[46]|tcp[46]?|mptcp[46]?)@)?(.*):(\d+)(?:-(\d+))?$/.exec(word) ?? [];
  if (first === undefined || NO_PORT.test(word) || host.includes('$')) return [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const address = bare !== '' ? bare : /^(?:ipv|tcp|mptcp)6@/.test(word) ? '::' : '*';
  const many = Math.max(0, Math.min(Number(last), 65_535) - Number(first) + 1);
  return Array.from({ length: many }, (_, i) => ({ address, port: Number(first) + i }));
}

/**
 * The wanted addresses that can't be bound, each with a sentence for who can mend it. One failing bind at a reload stops ALL listeners for two
 * seconds, and `haproxy -c` does not see it. Ports that the running HAProxy holds are not tried: it would be in its own way. Each is bound as
 * HAProxy would, but alone, and released at once.
 */
export async function takenOf(wanted: readonly BindAddress[], held: readonly BindAddress[]): Promise<readonly TakenBind[]> {
  const ports = new Set(held.map(({ port }) => port));
  const taken: TakenBind[] = [];
  for (const bind of wanted) {
    if (ports.has(bind.port)) continue;
    const code = await tryBind(bind);
    if (code !== undefined) taken.push({ ...bind, why: await explain(bind, code) });
  }
  return taken;
}

/** Why HAProxy is not reloaded: it could not have all that the configuration binds. */
export class BindsTaken extends Error {
  readonly binds: readonly TakenBind[];

  constructor(binds: readonly TakenBind[]) {
    super(binds.map(({ why }) => why).join('; '));
    this.binds = binds;
  }
}

/** The system's error code, undefined when it can be had. */
async function tryBind({ address, port }: BindAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen({ host: address === '*' ? '0.0.0.0' : address, port, exclusive: true }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

async function explain({ address, port }: BindAddress, code: string): Promise<string> {
  const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  if (code === 'EADDRINUSE')
    return `${where} is taken by ${(await holderOf(port)) ?? 'another process'}: end that, or give the service another port (EADDRINUSE)`;
  if (code === 'EADDRNOTAVAIL') return `${where} can't be bound: this machine does not have the address (EADDRNOTAVAIL)`;
  if (code === 'EACCES')
    return `${where} can't be bound: this user may not have the port; run as root or with CAP_NET_BIND_SERVICE (EACCES)`;
  if (code === 'EAFNOSUPPORT') return `${where} can't be bound: this machine has no IPv6 (EAFNOSUPPORT)`;
  return `${where} can't be bound (${code})`;
}

/** `node (pid 123)`: who listens on a port, as far as /proc shows; undefined for processes of others, where we are not root. */
async function holderOf(port: number): Promise<string | undefined> {
  const sockets = new Set((await Promise.all(['tcp', 'tcp6'].map((table) => listening(table, port)))).flat());
  if (sockets.size === 0) return undefined;
  for (const pid of await namesIn('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await namesIn(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!sockets.has(target)) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return `${name.trim() || 'a process'} (pid ${pid})`;
    }
  }
  return undefined;
}

/** `socket:[47508]` for each socket in state LISTEN (0A) on the port. Columns of /proc/net/tcp: sl, local address, remote address, state … inode is the tenth. */
async function listening(table: string, port: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`)).map((row) => `socket:[${row[9] ?? ''}]`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
