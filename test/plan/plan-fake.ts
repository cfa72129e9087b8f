import type { Answer } from '../../src/model/haproxy.ts';
import type { Command, Document } from '../../src/model/document.ts';

/** A server as a HAProxy has it. */
export interface Held {
  readonly address: string;
  readonly admin: 'ready' | 'maint' | 'drain';
  readonly health: boolean;
  readonly weight: number;
}

/** What HAProxy has in its memory: servers by 'backend/server', maps by path. */
export interface Memory {
  readonly servers: Map<string, Held>;
  readonly maps: Map<string, Map<string, string>>;
}

/** What HAProxy has when it has loaded a document. */
export function loaded({ backends, spares = [], maps }: Document, folder: string): Memory {
  const servers = [...backends, ...spares].flatMap(({ backend, servers: lines }) =>
    Array.from(lines, ([name, { text }]): [string, Held] => {
      const words = text.trim().split(' ');
      return [`${backend}/${name}`, held(words.slice(2), words.includes('disabled') ? 'maint' : 'ready', words.includes('check'))];
    }),
  );
  const files = Object.entries(maps).map(([name, map]): [string, Map<string, string>] => [`${folder}/${name}`, new Map(map)]);
  return { servers: new Map(servers), maps: new Map(files) };
}

function held([address = '', ...words]: readonly string[], admin: Held['admin'], health: boolean): Held {
  const at = words.indexOf('weight');
  return { address, admin, health, weight: at < 0 ? 1 : Number(words[at + 1]) };
}

/** Carries a command out as HAProxy does, and answers as it does. */
export function execute(memory: Memory, { text, expect, rows }: Command): Answer {
  if (rows !== undefined) memory.maps.set(text.replace('commit map ', ''), new Map(rows));
  if (rows !== undefined) return { taken: true, answer: '' };
  const answer = answerTo(memory, text.split(' '));
  return { taken: expect.test(answer.trim()), answer };
}

function answerTo(memory: Memory, [verb = '', noun = '', which = '', ...rest]: readonly string[]): string {
  if (noun === 'ssl') return 'done';
  if (noun === 'map') return changeMap(memory, verb, which, ...rest);
  const { servers } = memory;
  const server = servers.get(which);
  if (verb === 'add') {
    if (server !== undefined) return 'Already exists a server with the same name in backend.';
    servers.set(which, held(rest, 'maint', false));
    return 'New server registered.\n';
  }
  if (server === undefined) return 'No such server.\n';
  if (verb === 'del') {
    if (server.admin !== 'maint') return 'Only servers in maintenance mode can be deleted.\n';
    servers.delete(which);
    return 'Server deleted.\n';
  }
  const [word, value = ''] = rest;
  if (noun === 'health') servers.set(which, { ...server, health: true });
  else if (verb === 'enable') servers.set(which, { ...server, admin: 'ready' });
  else if (word === 'weight') servers.set(which, { ...server, weight: Number(value) });
  else servers.set(which, { ...server, admin: value as Held['admin'] });
  return '\n';
}

function changeMap({ maps }: Memory, verb: string, path: string, ...[key = '', value = '']: readonly string[]): string {
  const map = maps.get(path);
  if (map === undefined) return 'Unknown map identifier. Please use #<id> or <file>.\n';
  if (verb === 'del') return map.delete(key) ? '\n' : 'Key not found.\n';
  if (verb === 'set' && !map.has(key)) return 'entry not found.\n';
  map.set(key, value);
  return '\n';
}
