import { readFile } from 'node:fs/promises';
import { countListeners } from '../haproxy/binds.ts';
import { CAPABILITIES, capabilitiesIn, hasAny } from './capabilities.ts';

/** What in a configuration needs file descriptors. */
export interface Demand {
  /** How many listening sockets: each address of each `bind`, Unix sockets included, and each `stats socket`. */
  readonly binds: number;
  /** How many health checks: each `check` and each `agent-check` of a server. */
  readonly checks: number;
  /** `maxconn` of the global section. Without it HAProxy takes as many connections as the limit allows, at least 100. */
  readonly maxconn?: number | undefined;
  /** `nbthread` of the global section, or else the number of cores in the affinity mask, as HAProxy does. */
  readonly threads: number;
}

const LEAST_MAXCONN = 100; // the least that compute_ideal_maxconn in haproxy.c returns
const FIXED = 32; // measured with 2.6.12 without TLS and stats socket: with this constant the formula gives exactly the lowest limit with which it starts

/**
 * Returns how many file descriptors HAProxy needs; with a lower limit it refuses the start or reload ("Cannot raise FD limit to …"). It needs one per
 * listener and check, three per thread, two per connection. The result is never too high, because a reload that HAProxy refuses costs nothing, but
 * a reload that is not tried although it would succeed does.
 */
export function needed({ binds, checks, maxconn, threads }: Demand): number {
  return FIXED + binds + checks + 3 * threads + 2 * (maxconn ?? LEAST_MAXCONN);
}

/** Returns the demand of a configuration. `threads` is used when it has no `nbthread`. Undefined for `no strict-limits`: HAProxy then starts anyway. */
export function demandOf(text: string, threads: number): Demand | undefined {
  if (/^[ \t]*no[ \t]+strict-limits\b/m.test(text)) return undefined;
  const [, maxconn] = /^[ \t]*maxconn[ \t]+(\d+)/m.exec(globalOf(text)) ?? [];
  const [, nbthread] = /^[ \t]*nbthread[ \t]+(\d+)/m.exec(globalOf(text)) ?? [];
  const servers = text.match(/^[ \t]*server[ \t].*check.*$/gm) ?? [];
  return {
    binds: countListeners(text) + (text.match(/^[ \t]*stats[ \t]+socket[ \t]/gm) ?? []).length,
    checks: servers.flatMap((line) => line.match(/[ \t](?:agent-)?check(?=[ \t]|$)/g) ?? []).length,
    maxconn: Number(maxconn ?? 0) > 0 ? Number(maxconn) : undefined,
    threads: Number(nbthread ?? threads),
  };
}

/** Returns the global sections, each up to the next line that starts in the first column, as section lines do in our files. */
function globalOf(text: string): string {
  return (text.match(/^global\b.*\n(?:[ \t#].*\n|\n)*/gm) ?? []).join('');
}

/** Returns a sentence for the operator when the limit is too low for a configuration; undefined when it is high enough. */
export function tooFew(demand: Demand, limit: number): string | undefined {
  const need = needed(demand);
  if (need <= limit) return undefined;
  const { binds, checks, maxconn, threads } = demand;
  const parts = `${binds} listeners, ${checks} health checks, ${threads} threads, ${maxconn ?? LEAST_MAXCONN} connections`;
  return `HAProxy would need ${need} file descriptors (${parts}) but may have only ${limit}: raise the limit (ulimit -n, LimitNOFILE=), or lower maxconn`;
}

/** HAProxy was not reloaded, because the configuration needs more file descriptors than HAProxy may have. */
export class TooFewDescriptors extends Error {
  readonly code = 'too-few-descriptors';
  /** How many descriptors are missing. */
  readonly lacking: number;

  constructor(message: string, lacking: number) {
    super(message);
    this.lacking = lacking;
  }
}

/**
 * Returns how many file descriptors HAProxy may have when the process `pid` (by default this process) starts or reloads it. This is the hard limit,
 * or with CAP_SYS_RESOURCE, by which HAProxy raises its limit itself, the kernel's limit for any process. Infinity when /proc does not say.
 */
export async function limit(pid?: number): Promise<number> {
  const files = [`/proc/${pid ?? 'self'}/limits`, `/proc/${pid ?? 'self'}/status`, '/proc/sys/fs/nr_open'];
  const [limits = '', status = '', nrOpen = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return readLimit({ limits, status, nrOpen });
}

/** Like `limit`, from the texts of /proc/<pid>/limits, /proc/<pid>/status and /proc/sys/fs/nr_open. */
export function readLimit({ limits, status, nrOpen }: Readonly<Record<'limits' | 'status' | 'nrOpen', string>>): number {
  const mayRaise = hasAny(capabilitiesIn(status), [CAPABILITIES.sysResource]);
  const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(limits) ?? [];
  const most = Number(nrOpen.trim() || Infinity);
  return mayRaise || hard === undefined ? most : Number(hard);
}
