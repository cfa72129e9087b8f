import { readdir, readFile, readlink } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';

/** A listening TCP socket, as the kernel lists it. */
export interface Listener {
  /** The address in the form of `canonical`. */
  readonly address: string;
  readonly port: number;
  /** Its name in /proc/<pid>/fd: `socket:[47508]`. */
  readonly socket: string;
}

const LISTEN = '0A';

/** The TCP sockets of this machine or container. */
export interface Sockets {
  readonly listeners: readonly Listener[];
  /** The local ports of all of them, connections too. A socket that is bound but neither listens nor is connected is not in the kernel's list. */
  readonly ports: ReadonlySet<number>;
}

/** Returns the TCP sockets of this machine or container [kernel: /proc/net/tcp, /proc/net/tcp6]. */
export async function allSockets(): Promise<Sockets> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')));
  const ports = new Set<number>();
  const listeners: Listener[] = [];
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address = '', hex = ''] = local.split(':');
    const port = Number.parseInt(hex, 16);
    if (Number.isNaN(port)) continue; // the line of the headings, and the empty one at the end
    ports.add(port);
    if (state === LISTEN) listeners.push({ address: addressOf(address), port, socket: `socket:[${inode}]` });
  }
  return { listeners, ports };
}

/** How many links of /proc are read at a time. */
const AT_A_TIME = 64;

/** Returns the names of the sockets of these processes. Undefined when we may not read them. A process that has ended has no sockets. */
export async function socketsOf(pids: readonly number[]): Promise<ReadonlySet<string> | undefined> {
  const sockets = new Set<string>();
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`;
    const names = await readdir(folder).catch((error: unknown) => (isGone(error) ? [] : undefined));
    if (names === undefined) return undefined;
    for (let i = 0; i < names.length; i += AT_A_TIME) {
      const links = names.slice(i, i + AT_A_TIME).map((name) => readlink(`${folder}/${name}`).catch(() => ''));
      for (const socket of await Promise.all(links)) sockets.add(socket);
    }
  }
  return sockets;
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Reads an address of /proc/net/tcp: hexadecimal numbers of four bytes, each in the byte order of this machine. */
function addressOf(hex: string): string {
  const numbers = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') numbers.swap32();
  if (numbers.length === 4) return numbers.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => numbers.readUInt16BE(2 * i).toString(16));
  return canonical(groups.join(':'));
}

/** Returns an address in a form that can be compared: `*` becomes `0.0.0.0`, IPv4 inside of IPv6 becomes IPv4. A name is returned as it is. */
export function canonical(address: string): string {
  if (address === '*') return '0.0.0.0';
  if (!address.includes(':')) return address;
  const url = `http://[${address.replace(/%.*/, '')}]`;
  if (!URL.canParse(url)) return address;
  const bare = new URL(url).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(bare) ?? [];
  if (high === undefined || low === undefined) return bare;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

/**
 * Whether two sockets on the same port could conflict. Both addresses are in the form of `canonical`. `::` counts as IPv4 as well, because the kernel
 * does not show whether a socket is for IPv6 only.
 */
export function overlaps(a: string, b: string): boolean {
  if (a === b || a === '::' || b === '::') return true;
  return (a === '0.0.0.0' && isIPv4(b)) || (b === '0.0.0.0' && isIPv4(a));
}
