import { readdir, readFile, readlink } from 'node:fs/promises';
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import path from 'node:path';
import { bindsOf, type BindAddress } from '../haproxy/binds.ts';
import { textOf } from '../haproxy/file-text.ts';
import { bracketed } from '../lib/bracketed.ts';
import { LATE, within } from '../lib/deadline.ts';
import { groupBy } from '../lib/group-by.ts';
import { lazily } from '../lib/lazily.ts';
import type { Document } from '../model/document.ts';
import type { TakenBind } from '../model/quarantine.ts';
import { CAPABILITIES, hasAny } from './capabilities.ts';
import { allSockets, canonical, overlaps, type Listener } from './listeners.ts';

/** Returns HAProxy's capabilities as a mask; called only when they matter. */
type Capable = () => Promise<bigint>;

/**
 * Returns the wanted addresses that HAProxy can't bind, each with a sentence for whoever can fix it. If one bind fails at a reload, ALL listeners stop
 * for two seconds, and `haproxy -c` does not check it. So an address is bound here for a moment, where that may fail: the kernel lists a socket with
 * its port, not every user may have the port, or nothing has been bound on the address yet. `own` are the sockets of the running HAProxy, old workers
 * included: they keep us from binding, but not HAProxy, which sets SO_REUSEPORT. `capable` returns HAProxy's capabilities, which can be more than this
 * process has.
 */
export async function takenOf(
  wanted: readonly BindAddress[],
  own: ReadonlySet<string>,
  capable: Capable = nothing,
): Promise<readonly TakenBind[]> {
  const { listeners, ports } = await allSockets();
  const listenersOf = groupBy(listeners, ({ port }) => port);
  const firstOpen = await firstOpenPort();
  const usable = new Set<string>();
  const may = lazily(capable);
  const taken: TakenBind[] = [];
  for (const bind of wanted) {
    const place = placeOf(bind);
    if (usable.has(place) && bind.port >= firstOpen && !ports.has(bind.port)) continue;
    const address = canonical(await resolved(bind.address));
    const there = (listenersOf.get(bind.port) ?? []).filter(({ address: other }) => overlaps(other, address));
    const strangers = there.filter(({ socket }) => !own.has(socket));
    if (there.some((one) => one.address === address && own.has(one.socket))) continue; // HAProxy hands the socket to its next worker
    const why = await whyNot(bind, { there, strangers, may });
    if (why === undefined) usable.add(place);
    else taken.push({ ...bind, why });
  }
  return taken;
}

/** All of a bind but its port. */
function placeOf({ address, v6only, interface: device, transparent }: BindAddress): string {
  return [address, v6only, device, transparent].join(' ');
}

const FIRST_OPEN = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

/** Returns the lowest port that every user may bind; 1024 where the kernel does not say or says less. */
async function firstOpenPort(): Promise<number> {
  const text = await readFile(FIRST_OPEN, 'utf8').catch(() => '');
  return Math.max(1024, Number(text.trim()) || 0);
}

const nothing: Capable = () => Promise.resolve(0n);

interface BindAttempt {
  /** The listeners that conflict with the address. */
  readonly there: readonly Listener[];
  /** The conflicting listeners that are not HAProxy's own. */
  readonly strangers: readonly Listener[];
  readonly may: Capable;
}

/** Returns a sentence that says why HAProxy could not bind an address; undefined when it could. */
async function whyNot(bind: BindAddress, { there, strangers, may }: BindAttempt): Promise<string | undefined> {
  const where = `${bracketed(bind.address)}:${bind.port}`;
  if (bind.interface !== undefined && !existsSync(`/sys/class/net/${path.basename(bind.interface)}`))
    return `${where} can't be bound: this machine has no network interface ${bind.interface}`;
  const code = await tryBind(bind);
  if (code === undefined || (code === 'EADDRINUSE' && there.length > 0 && strangers.length === 0)) return undefined;
  const right = code === 'EACCES' ? LOW_PORT : code === 'EADDRNOTAVAIL' && bind.transparent === true ? TRANSPARENT : undefined;
  if (right !== undefined && hasAny(await may(), right.capabilities)) {
    return strangers.length === 0 ? undefined : explain(bind, 'EADDRINUSE', strangers);
  }
  return right === TRANSPARENT ? `${where} can't be bound: ${TRANSPARENT.lacking}` : explain(bind, code, strangers);
}

/** Binds that this process may not be allowed to try, but HAProxy can if it has one of these capabilities. */
const LOW_PORT = { capabilities: [CAPABILITIES.netBindService] };
const TRANSPARENT = {
  capabilities: [CAPABILITIES.netAdmin, CAPABILITIES.netRaw],
  lacking: "this machine does not have the address, and 'transparent' needs root or CAP_NET_ADMIN (EADDRNOTAVAIL)",
};

interface Reloaded {
  readonly candidate: Document;
  /** The document that ran before the reload and whose ports are HAProxy's. */
  readonly good: Document | undefined;
}

/**
 * Returns the new binds of a candidate that HAProxy itself found in use at the reload, because they were taken after our check, or because our check
 * could not see which process has them. They may be free again later, so no app is blamed for them.
 */
export function bindsInUse(lines: readonly string[], { candidate, good }: Reloaded): readonly TakenBind[] {
  const ends = lines.flatMap((line) => /Address already in use[^[]*\[([^[\]]*):(\d+)\]/.exec(line)?.slice(1).join(' ') ?? []);
  if (ends.length === 0) return [];
  const key = ({ address, port }: BindAddress): string => `${canonical(address)} ${port}`;
  const before = new Set(good === undefined ? [] : bindsOf([...textOf(good)].join('')).map(key));
  const found = bindsOf([...textOf(candidate)].join('')).filter((bind) => ends.includes(key(bind)) && !before.has(key(bind)));
  const why = ({ address, port }: BindAddress): string =>
    `${bracketed(address)}:${port} is taken by another process, as HAProxy found at its reload: end that process, or choose another port (EADDRINUSE)`;
  return found.map((bind) => ({ ...bind, why: why(bind) }));
}

/** HAProxy was not reloaded, because it could not bind everything in the configuration. */
export class BindsTaken extends Error {
  readonly code = 'binds-taken';
  readonly binds: readonly TakenBind[];

  constructor(binds: readonly TakenBind[]) {
    super(binds.map(({ why }) => why).join('; '));
    this.binds = binds;
  }
}

/** How long a name server is waited for, in milliseconds: a reload waits meanwhile. */
const LOOKUP_MS = 5_000;

/** Resolves a name to its address. Returns the name itself if it does not resolve, or not in time. */
async function resolved(address: string): Promise<string> {
  if (address === '*' || isIP(address.replace(/%.*/, '')) !== 0) return address;
  const found = await within(lookup(address), { ms: LOOKUP_MS }).catch(() => undefined);
  return found === undefined || found === LATE ? address : found.address;
}

/** Binds an address for a moment. Returns the system's error code, or undefined on success. */
async function tryBind({ address, port, v6only }: BindAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen({ host: address === '*' ? '0.0.0.0' : address, port, exclusive: true, ipv6Only: v6only === true }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

async function explain({ address, port }: BindAddress, code: string, strangers: readonly Listener[]): Promise<string> {
  const where = `${bracketed(address)}:${port}`;
  if (code === 'EADDRINUSE')
    return `${where} is taken by ${(await holderOf(strangers)) ?? 'another process'}: end that process, or choose another port (EADDRINUSE)`;
  if (code === 'EADDRNOTAVAIL') return `${where} can't be bound: this machine does not have the address (EADDRNOTAVAIL)`;
  if (code === 'EACCES')
    return `${where} can't be bound: this user may not use the port; run as root or with CAP_NET_BIND_SERVICE, or give that capability to HAProxy with 'setcap cap_net_bind_service=+ep' (EACCES)`;
  if (code === 'EAFNOSUPPORT') return `${where} can't be bound: this machine has no IPv6 (EAFNOSUPPORT)`;
  return `${where} can't be bound (${code})`;
}

/** Returns the process that has one of these sockets, as `node (pid 123)`. Undefined when /proc does not show it, as for other users' processes. */
async function holderOf(listeners: readonly Listener[]): Promise<string | undefined> {
  const sockets = new Set(listeners.map(({ socket }) => socket));
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

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
