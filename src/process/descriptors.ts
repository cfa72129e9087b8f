import { readFile } from 'node:fs/promises';
import { countListeners } from '../haproxy/binds.ts';
import { CAPABILITIES, capabilitiesIn, hasAny } from './capabilities.ts';

/** What of a configuration needs file descriptors in HAProxy. */
export interface Demand {
  /** Listening sockets: each address of each `bind`, also Unix ones, and `stats socket`s. */
  readonly binds: number;
  /** Servers with `check`, and once more each with `agent-check`. */
  readonly checks: number;
  /** `maxconn` of the global section; none: as many as the limit leaves, at least 100. */
  readonly maxconn?: number | undefined;
  /** `nbthread` of the global section, or what HAProxy takes without it: the processors of its affinity mask. */
  readonly threads: number;
}

const LEAST_MAXCONN = 100; // haproxy.c: compute_ideal_maxconn never goes below
const FIXED = 32; // measured with 2.6.12, no TLS, no stats socket: the least limit that starts is this formula, to the descriptor

/**
 * How many file descriptors HAProxy must be able to have, or it refuses the start or reload ("Cannot raise FD limit to …"): one per listener and
 * check, three per thread, two per connection. The least, never more than HAProxy asks for: a refused reload costs nothing, a reload not tried does.
 */
export function needed({ binds, checks, maxconn, threads }: Demand): number {
  return FIXED + binds + checks + 3 * threads + 2 * (maxconn ?? LEAST_MAXCONN);
}

/** The demand of a configuration text, with the threads of a machine where it does not name its own; none when it says `no strict-limits`. */
export function demandOf(text: string, threads: number): Demand | undefined {
  if (/^[ \t]*no[ \t]+strict-limits\b/m.test(text)) return undefined;
  const [, maxconn] = /^[ \t]*maxconn[ \t]+(\d+)/m.exec(globalOf(text)) ?? [];
  const [, nbthread] = /^[ \t]*nbthread[ \t]+(\d+)/m.exec(globalOf(text)) ?? [];
  const servers = text.match(/^[ \t]*server[ \t]+.*$/gm) ?? [];
  return {
    binds: countListeners(text) + (text.match(/^[ \t]*stats[ \t]+socket[ \t]/gm) ?? []).length,
    checks: servers.flatMap((line) => line.match(/[ \t](?:agent-)?check(?=[ \t]|$)/g) ?? []).length,
    maxconn: Number(maxconn ?? 0) > 0 ? Number(maxconn) : undefined,
    threads: Number(nbthread ?? threads),
  };
}

/** The global sections, up to the next line that begins a section (in the first column, as ours are written). */
function globalOf(text: string): string {
  return (text.match(/^global\b.*\n(?:[ \t#].*\n|\n)*/gm) ?? []).join('');
}

/** A sentence for who runs the load balancer, when the limit is too low for a configuration; undefined when it suffices. */
export function tooFew(demand: Demand, limit: number): string | undefined {
  const need = needed(demand);
  if (need <= limit) return undefined;
  const { binds, checks, maxconn, threads } = demand;
  const parts = `${binds} listeners, ${checks} health checks, ${threads} threads, ${maxconn ?? LEAST_MAXCONN} connections`;
  return `HAProxy would need ${need} file descriptors (${parts}) and may have ${limit}: raise the limit (ulimit -n, LimitNOFILE=), or lower maxconn`;
}

/** Why HAProxy is not reloaded: the configuration needs more file descriptors than it may have. */
export class TooFewDescriptors extends Error {
  readonly code = 'too-few-descriptors';
  /** How many are lacking. */
  readonly lacking: number;

  constructor(message: string, lacking: number) {
    super(message);
    this.lacking = lacking;
  }
}

/**
 * How many file descriptors a HAProxy may have that `pid` (this process when not given) starts or reloads: the hard limit; with CAP_SYS_RESOURCE it raises
 * that itself, up to what the kernel allows any process. Infinity where /proc does not say.
 */
export async function limit(pid?: number): Promise<number> {
  const files = [`/proc/${pid ?? 'self'}/limits`, `/proc/${pid ?? 'self'}/status`, '/proc/sys/fs/nr_open'];
  const [limits = '', status = '', nrOpen = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return readLimit({ limits, status, nrOpen });
}

/** The same, from the texts of these files. */
export function readLimit({ limits, status, nrOpen }: Readonly<Record<'limits' | 'status' | 'nrOpen', string>>): number {
  const mayRaise = hasAny(capabilitiesIn(status), [CAPABILITIES.sysResource]);
  const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(limits) ?? [];
  const most = Number(nrOpen.trim() || Infinity);
  return mayRaise || hard === undefined ? most : Number(hard);
}
