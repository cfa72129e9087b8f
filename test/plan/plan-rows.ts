import { expect } from '@jest/globals';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { ServerException, Document, Plan, Reason, Running, Stage } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import type { Release } from '../../src/model/release.ts';
import { backendSection, document, fragment, section } from '../haproxy/make.ts';

export const plan = makePlan({ mapFolder: '/etc/haproxy' });
export const R26 = { major: 2, minor: 6 };
export const POOL = 'pool-max-conn -1 pool-purge-delay 1s';

/** One backend `b`; servers as `s1 10.0.0.1:80 check`. */
export interface Sight {
  readonly servers?: readonly string[];
  readonly leaving?: readonly string[];
  readonly head?: string;
  readonly text?: string;
  readonly maps?: Record<string, Record<string, string>>;
}

export function documentOf({ servers = [], leaving = [], head = 'defaults\n', text = 'balance leastconn', maps = {} }: Sight): Document {
  const lines = Object.fromEntries(servers.map((line) => [line.split(' ')[0] ?? '', `  server ${line}\n`]));
  const made = backendSection('b', [`backend b\n  ${text}\n`], lines);
  return document({ front: [section('head', head)], backends: [{ ...made, leaving: new Set(leaving as ServerName[]) }], maps });
}

/** `checking s1 10.0.0.1:80`: a server with another state than its line says. */
export function apartOf(all: readonly string[]): Running['exceptions'] {
  return new Map(
    all.map((text): [string, ServerException] => {
      const [stage, server = '', ...rest] = text.split(' ');
      const line = fragment(`  server ${[server, ...rest].join(' ')}\n`);
      return [`b/${server}`, { backend: 'b' as BackendName, server: server as ServerName, line, stage: stage as Stage }];
    }),
  );
}

export const words = ({ code, subject, detail }: Reason): string => `${code} ${subject}${detail === '' ? '' : `: ${detail}`}`;

/** What HAProxy has, what is wanted, and the way there. */
export interface Row {
  readonly release?: Release;
  readonly before: Sight;
  readonly apart?: readonly string[];
  readonly after: Sight;
  readonly commands?: readonly string[];
  readonly reload?: readonly string[];
  /** What HAProxy has when it took them: its servers in the document where these are not the wanted ones yet, and the others. */
  readonly then?: { readonly servers?: readonly string[]; readonly apart?: readonly string[] };
}

/** Checks a row: the commands and reasons, what HAProxy is known to have when it took them, and that nothing is left to send then. */
export function check({ release = R26, before, apart = [], after, commands = [], reload = [], then = {} }: Row): void {
  const running: Running = { document: documentOf(before), exceptions: apartOf(apart), lost: new Map() };
  const wanted = documentOf(after);
  const way = plan({ running, wanted, release });
  expect(way.commands.map(({ text }) => text)).toEqual(commands);
  expect(way.reload.map(words)).toEqual(reload);
  const next = take(running, wanted, way);
  const names = next.document.backends.flatMap(({ servers }) =>
    [...servers.values()].map(({ text }) => text.trim().replace(/^server /, '')),
  );
  expect(names.sort()).toEqual([...(then.servers ?? after.servers ?? [])].sort());
  expect([...next.exceptions.values()].map(({ stage, server }) => `${stage} ${server}`)).toEqual(then.apart ?? []);
  const isThere = reload.length === 0 && then.servers === undefined;
  expect(next.document === wanted).toBe(isThere);
  expect(plan({ running: next, wanted, release }).commands).toEqual([]);
}

/** What HAProxy has when it took all commands of a plan. */
export function take(running: Running, wanted: Document, { commands }: Plan): Running {
  return applyAnswers({ running, wanted, commands, answers: commands.map(() => ({ taken: true, answer: '' })) });
}

export const S1 = 's1 10.0.0.1:80';
export const S2 = 's2 10.0.0.2:80';
