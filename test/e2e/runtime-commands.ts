import { expect } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Document, Fragment } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import type { OwnProcess } from '../../src/process/process.ts';
import { ask, NoAnswer, orSilence } from '../../src/socket/master.ts';
import { readServersState, type ServerRow } from '../../src/socket/server-rows.ts';
import { until } from './until.ts';

const REASON = { code: 'server-changed', subject: 'out', detail: '' } as const;

/** A command that is taken when the answer is as expected: without words, if nothing is said. */
export function command(text: string, expected = /^$/): Command {
  return { text, expect: expected, reason: REASON };
}

/** The command that adds a server to the stage's backend. */
export function add(name: string, words: string): Command {
  return command(`add server ${name} ${words}`, /New server registered\.$/);
}

function line(name: string, words: string): Fragment {
  return { template: 'HAPROXY_BACKEND_SERVER_OPTIONS', owner: { by: 'operator' }, text: `  server ${name} ${words}\n` };
}

/** A document with one backend. */
export function documentWith(backend: string, lines: Readonly<Record<string, string>>): Document {
  const servers = new Map(Object.entries(lines).map(([name, words]) => [name as ServerName, line(name, words)]));
  const fragments = [{ template: 'HAPROXY_BACKEND_HEAD', owner: { by: 'operator' }, text: `backend ${backend}\n` }] as const;
  const section = { name: `backend ${backend}`, backend: backend as BackendName, fragments, servers, leaving: new Set<ServerName>() };
  return { front: [], backends: [section], maps: {} };
}

/** Where the stage's one server is. */
export async function targetOf(config: string): Promise<string> {
  return /server one (\S+)/.exec(await readFile(config, 'utf8'))?.[1] ?? '';
}

/** The document that the stage's configuration is. */
export async function staged(config: string): Promise<Document> {
  return documentWith('out', { one: await targetOf(config) });
}

/** Sends commands, each of which has to be taken. */
export async function allTaken(own: Pick<OwnProcess, 'send'>, commands: readonly Command[]): Promise<void> {
  const answers = await own.send(commands);
  expect(answers.filter(({ taken }) => !taken)).toEqual([]);
  expect(answers).toHaveLength(commands.length);
}

/** The row of `show servers state` of a server, by `backend/server`. */
export async function stateOf(runDir: string, name: string): Promise<ServerRow | undefined> {
  const [backend = '', server = ''] = name.split('/');
  const question = { socketPath: join(runDir, 'master.sock'), command: `@1 show servers state ${backend}`, deadlineMs: 5_000 };
  const look = async (): Promise<string | undefined> => {
    const found = await orSilence(ask(question));
    return found instanceof NoAnswer ? undefined : found; // the master may answer a little later than its new worker
  };
  const text = await until("an answer of HAProxy's master", look);
  return readServersState(text).get(backend)?.get(server);
}
