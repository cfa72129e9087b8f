import type { Release } from '../../../src/model/release.ts';

/** The files that HAProxy reads, by name. */
export type Texts = ReadonlyMap<string, string>;

/** A server in the memory of a worker. */
export interface FakeServer {
  readonly address: string;
  readonly admin: 'ready' | 'maint' | 'drain';
  readonly weight: number;
  /** Whether its health is checked, and whether a check has passed. */
  readonly isChecked: boolean;
  readonly hasPassed: boolean;
}

type Servers = Map<string, FakeServer>;

export const CONFIG = 'haproxy.cfg';
export const FOLDER = '/etc/haproxy';

/** Commands that a worker which ends refuses. It takes all others, and their effect ends with it. */
const REFUSED_AT_END = /^(?:set server|set weight|set maxconn|enable|disable) /;

/** A worker of HAProxy: what it read from the files, and what commands made of it. Its answers are HAProxy's words. */
export class FakeWorker {
  readonly pid: number;
  readonly config: string;
  readonly servers = new Map<string, Servers>();
  readonly maps = new Map<string, Map<string, string>>();
  /** Backends that commands made or took out of use; those of the second get no requests. */
  readonly changed = new Set<string>();
  readonly unpublished = new Set<string>();
  isStopping = false;
  readonly #version: string;
  readonly #classes = new Set<string>();
  readonly #next = new Map<string, Map<string, string>>(); // maps that are prepared

  constructor(texts: Texts, { pid, release: { major, minor } }: { readonly pid: number; readonly release: Release }) {
    this.pid = pid;
    this.#version = `${major}.${minor}.1`;
    this.config = texts.get(CONFIG) ?? '';
    for (const [name, text] of texts)
      if (this.config.includes(`${FOLDER}/${name}`)) this.maps.set(`${FOLDER}/${name}`, rowsOf(text.split('\n')));
    let servers: Servers = new Map();
    for (const line of this.config.split('\n')) {
      const [word = '', name = '', address = '', ...words] = line.trim().split(' ');
      if (word === 'backend') {
        servers = new Map<string, FakeServer>();
        this.servers.set(name, servers);
      }
      if (word === 'defaults') this.#classes.add(name);
      if (word === 'server') servers.set(name, serverOf(address, words, words.includes('disabled') ? 'maint' : 'ready'));
    }
  }

  /** All health checks pass. */
  check(): void {
    for (const servers of this.servers.values())
      for (const [name, one] of servers) if (one.isChecked && !one.hasPassed) servers.set(name, { ...one, hasPassed: true });
  }

  /** Carries out one command, with the rows behind it. */
  run(text: string, rows: readonly string[]): string {
    if (this.isStopping && REFUSED_AT_END.test(text)) return 'Proxy is disabled.\n';
    const [verb = '', noun = '', which = '', ...rest] = text.split(' ');
    if (verb === 'show') return this.#show(noun, text.split(' ').slice(2).join(' '));
    if (noun === 'backend') return this.#backend(verb, which, rest[1] ?? '');
    if (noun === 'map') return this.#map(verb, [which, ...rest], rows);
    const [backend = '', name = ''] = (noun === 'maxconn' ? (rest[0] ?? '') : which).split('/');
    const servers = this.servers.get(backend);
    if (servers === undefined) return 'No such backend.\n';
    if (verb !== 'add') return change(servers, name, [verb, noun, ...rest]);
    if (servers.has(name)) return 'Already exists a server with the same name in backend.\n';
    const [address = '', ...words] = rest;
    servers.set(name, { ...serverOf(address, words, 'maint'), isChecked: false });
    return 'New server registered.\n';
  }

  #backend(verb: string, name: string, from: string): string {
    const servers = this.servers.get(name);
    this.changed.add(name);
    if (verb === 'add') {
      if (servers !== undefined) return `Error during backend creation : name is already used by other proxy 'backend ${name}'.\n`;
      if (!this.#classes.has(from)) return `Cannot find default proxy '${from}'.\n`;
      this.servers.set(name, new Map());
      this.unpublished.add(name);
      return 'New backend registered.\n';
    }
    if (servers === undefined) return 'No such backend.\n';
    if (verb === 'publish') this.unpublished.delete(name);
    if (verb === 'publish') return 'Backend published.\n';
    if (verb === 'unpublish') this.unpublished.add(name);
    if (verb === 'unpublish') return 'Backend unpublished.\n';
    if (this.config.includes(`use_backend ${name} if`))
      return 'This proxy cannot be removed at runtime due to other configuration elements pointing to it.\n';
    if (!this.unpublished.has(name)) return 'Backend must be unpublished prior to its deletion.\n';
    if (servers.size > 0) return 'Only a backend without server can be deleted.\n';
    this.servers.delete(name);
    return 'Backend deleted.\n';
  }

  #show(noun: string, which: string): string {
    if (noun === 'version') return `${this.#version}\n`;
    if (noun === 'info')
      return `Version: ${this.#version}\nPid: ${this.pid}\nStart_time_sec: ${this.pid}\nStopping: ${this.isStopping ? 1 : 0}\n`;
    if (noun === 'backend') return ['# name', ...this.servers.keys(), ''].join('\n');
    if (noun === 'servers') return this.#states(which.replace(/^state ?/, ''));
    const map = this.maps.get(which);
    if (map === undefined) return UNKNOWN_MAP;
    return Array.from(map, ([key, value]) => `0x1 ${key} ${value}\n`).join('');
  }

  #states(backend: string): string {
    if (!this.servers.has(backend)) return "Can't find backend.\n";
    return [...this.states([backend]), ''].join('\n');
  }

  /** The lines of the answer to `show servers state` about these backends. */
  states(backends: readonly string[]): readonly string[] {
    const rows = backends.flatMap((of) => Array.from(this.servers.get(of) ?? [], ([name, one]) => row(of, name, one)));
    return ['1', `# ${COLUMNS.join(' ')}`, ...rows];
  }

  #map(verb: string, [first = '', ...rest]: readonly string[], rows: readonly string[]): string {
    const isNext = first.startsWith('@');
    const path = isNext ? (rest[0] ?? '') : first;
    const map = this.maps.get(path);
    if (map === undefined) return UNKNOWN_MAP;
    if (verb === 'prepare') {
      this.#next.set(path, new Map());
      return 'New version created: 1\n';
    }
    if (isNext) return this.#prepared(verb, path, rows);
    const [key = '', value = ''] = rest;
    if (verb === 'del') return map.delete(key) ? '\n' : 'Key not found.\n';
    if (verb === 'set' && !map.has(key)) return 'entry not found.\n';
    if (verb === 'set' || !map.has(key)) map.set(key, value); // of two rows with the same key, HAProxy uses the first
    return '\n';
  }

  #prepared(verb: string, path: string, rows: readonly string[]): string {
    const next = this.#next.get(path) ?? new Map<string, string>();
    if (verb === 'add') for (const [key, value] of rowsOf(rows)) next.set(key, value);
    if (verb === 'commit') this.maps.set(path, next);
    return '\n';
  }
}

const UNKNOWN_MAP = 'Unknown map identifier. Please use #<id> or <file>.\n';

const COLUMNS = [
  ...['be_name', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_check_result', 'srv_check_state'],
  ...['srv_fqdn', 'srv_port', 'srv_use_ssl'],
];

const ADMIN = { ready: 0, maint: 1, drain: 8 } as const;

function row(backend: string, name: string, { address, admin, weight, isChecked, hasPassed }: FakeServer): string {
  const [host, port] = address.split(':');
  return [backend, name, host, 2, ADMIN[admin], weight, hasPassed ? 3 : 0, isChecked ? 6 : 0, '-', port, 0].join(' ');
}

function serverOf(address: string, words: readonly string[], admin: FakeServer['admin']): FakeServer {
  const at = words.indexOf('weight');
  return { address, admin, weight: at < 0 ? 1 : Number(words[at + 1]), isChecked: words.includes('check'), hasPassed: false };
}

function change(servers: Servers, name: string, [verb, noun, word, value]: readonly string[]): string {
  const one = servers.get(name);
  if (one === undefined) return 'No such server.\n';
  if (verb === 'del') {
    if (one.admin !== 'maint') return 'Only servers in maintenance mode can be deleted.\n';
    servers.delete(name);
    return 'Server deleted.\n';
  }
  if (noun === 'health') servers.set(name, { ...one, isChecked: true });
  else if (verb === 'enable') servers.set(name, { ...one, admin: 'ready' });
  else if (word === 'weight') servers.set(name, { ...one, weight: Number(value) });
  else if (word === 'state') servers.set(name, { ...one, admin: value as FakeServer['admin'] });
  return '\n';
}

function rowsOf(lines: readonly string[]): Map<string, string> {
  const rows = new Map<string, string>();
  for (const line of lines) {
    const [key = '', value = ''] = line.split(' ');
    if (key !== '' && !rows.has(key)) rows.set(key, value);
  }
  return rows;
}
