import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../src/socket/master.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { type Answer } from '../../src/model/haproxy.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import type { ServerException, BackendSection, Command, Document, Fragment, MapFile, Running } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { asLoaded } from '../haproxy/make.ts';
import { listen, needHaproxy, setStage, type Ends } from './fixtures/stage.ts';
import { isSince, RELEASE } from './release.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const MAP = 'domain2backend.map';

beforeAll(needHaproxy);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Rig {
  /** Plans, sends what there is to send, and follows; the commands, each with how it was answered. */
  readonly want: (wanted: Document) => Promise<readonly string[]>;
  readonly send: (commands: readonly Command[], wanted: Document) => Promise<readonly Answer[]>;
  /** `one 2 0 3`: name, operational and administrative state, weight of each server of the shop. */
  readonly servers: () => Promise<readonly string[]>;
  /** How many connections a server gets at once. */
  readonly mostOf: (server: string) => Promise<string>;
  readonly map: () => Promise<readonly string[]>;
  readonly checkPassed: (server: string) => Promise<void>;
  running: Running;
  readonly ports: readonly [number, number];
}

/** A HAProxy with a backend `shop` and a map, and what is known of it from its files. */
async function setRig(): Promise<Rig> {
  const stage = await setStage(ends);
  const ports = [await serve('one'), await serve('two')] as const;
  const file = join(stage.runDir, MAP);
  const key = 'req.hdr(host),lower';
  const use = `  use_backend %[${key},map(${file})] if { ${key},map(${file}) -m found }\n`;
  await writeFile(file, 'b.org out\nc.org out\n');
  await stage.write({
    end: `frontend by-name\n  bind unix@${join(stage.runDir, 'by-name.sock')}\n${use}backend shop\n  balance leastconn\n  server one 127.0.0.1:${ports[0]} id 1 check\n`,
  });
  await stage.make().reload([]);
  const plan = makePlan({ mapFolder: stage.runDir });
  const call = { socketPath: join(stage.runDir, 'master.sock'), deadlineMs: 5_000 };
  const sayTo = (command: string): Promise<string> => ask({ ...call, command: `@1 ${command}` });
  const state = async (): Promise<readonly (readonly string[])[]> =>
    (await sayTo('show servers state shop')).split('\n').flatMap((line) => (/^\d+ shop /.test(line) ? [line.split(' ')] : []));
  const rig: Rig = {
    running: asLoaded(readDocument(await readFile(stage.config, 'utf8'), { [MAP]: await readFile(file, 'utf8') })),
    ports,
    send: async (commands, wanted) => {
      const answers: Answer[] = [];
      for (const { text, expect: good } of commands) {
        const answer = (await sayTo(text)).trim();
        answers.push({ taken: good.test(answer), answer });
      }
      rig.running = applyAnswers({ running: rig.running, wanted, commands, answers });
      return answers;
    },
    want: async (wanted) => {
      const { commands, reload } = plan({ running: rig.running, wanted, release: RELEASE });
      expect(reload).toEqual([]);
      const answers = await rig.send(commands, wanted);
      expect(rig.running.document).toBe(wanted);
      return commands.map(({ text }, i) => `${text}: ${answers[i]?.taken === true ? 'taken' : answers[i]?.answer}`);
    },
    servers: async () => (await state()).map((words) => [words[3], ...words.slice(5, 8)].join(' ')),
    map: async () =>
      (await sayTo(`show map ${file}`))
        .trim()
        .split('\n')
        .map((line) => line.replace(/^0x\w+ /, ''))
        .sort(),
    mostOf: async (server) =>
      (await sayTo('show stat'))
        .split('\n')
        .find((line) => line.startsWith(`shop,${server},`))
        ?.split(',')[6] ?? 'none', // slim
    checkPassed: async (server) => {
      while ((await state()).find((words) => words[3] === server)?.[11] !== '3') await sleep(20);
    },
  };
  return rig;
}

async function serve(name: string): Promise<number> {
  return listen(
    createServer((_, response) => response.end(name)),
    ends,
  );
}

const lineOf = (server: string, words: string): Fragment => ({
  template: '',
  owner: { by: 'operator' },
  text: `  server ${server} ${words}\n`,
});

/** The document with other servers of the shop, and another map. */
function change(
  document: Document,
  servers: Readonly<Record<string, string>>,
  leaving: readonly string[] = [],
  map?: Record<string, string>,
): Document {
  const lines = Object.entries(servers).map(([name, words]) => [name as ServerName, lineOf(name, words)] as const);
  const backends = document.backends.map((section): BackendSection =>
    section.backend === 'shop' ? { ...section, servers: new Map(lines), leaving: new Set(leaving as readonly ServerName[]) } : section,
  );
  const maps = map === undefined ? document.maps : { [MAP]: new Map(Object.entries(map)) as unknown as MapFile };
  return { ...document, backends, maps };
}

const as = (stage: ServerException['stage'], running: Running, key: string): Running => {
  const one = running.exceptions.get(key);
  return one === undefined ? running : { ...running, exceptions: new Map(running.exceptions).set(key, { ...one, stage }) };
};

/** 2.6 keeps no connection to a server added at runtime without these. */
const POOL = isSince(2, 8) ? '' : ' pool-max-conn -1 pool-purge-delay 1s';

test('HAProxy takes every kind of command, and has then what is known of it', async () => {
  const rig = await setRig();
  const { document } = rig.running;
  const [one, two] = [`127.0.0.1:${rig.ports[0]} id 1 check`, `127.0.0.1:${rig.ports[1]} id 9 check inter 1m`];
  expect([await rig.map(), await rig.servers()]).toEqual([['b.org out', 'c.org out'], ['one 2 0 1']]);

  const both = change(document, { one, two }, [], { 'a.org': 'shop', 'b.org': 'shop' });
  const told = await rig.want(both);
  expect(told.map((text) => text.replace(/ \S*\/domain2/, ' domain2'))).toEqual([
    `add server shop/two ${two} downinter 500ms${POOL}: taken`,
    'enable health shop/two: taken',
    `add map ${MAP} a.org shop: taken`,
    `set map ${MAP} b.org shop: taken`,
    `del map ${MAP} c.org: taken`,
  ]);
  await expect(rig.map()).resolves.toEqual(['a.org shop', 'b.org shop']);
  expect(rig.running.exceptions.get('shop/two')?.stage).toBe('checking');
  await rig.checkPassed('two'); // although its interval is a minute
  await expect(rig.servers()).resolves.toEqual(['one 2 0 1', 'two 0 1 1']);
  rig.running = as('passed', rig.running, 'shop/two');
  await expect(rig.want(both)).resolves.toEqual(['enable server shop/two: taken']);
  await expect(rig.servers()).resolves.toEqual(['one 2 0 1', 'two 2 0 1']);

  await expect(rig.want(change(both, { one: `${one} weight 20`, two }))).resolves.toEqual(['set server shop/one weight 20: taken']);
  expect(await rig.mostOf('one')).toBe('');
  rig.running = { ...rig.running, document: change(both, { one: `${one} weight 20 maxconn 7`, two }) };
  await expect(rig.want(change(both, { one: `${one} weight 20 maxconn 8`, two }))).resolves.toEqual([
    'set maxconn server shop/one 8: taken',
  ]);
  expect(await rig.mostOf('one')).toBe('8');
  rig.running = { ...rig.running, document: change(both, { one: `${one} weight 20`, two }) };
  await expect(rig.want(change(both, { one: `${one} weight 20 disabled`, two }))).resolves.toEqual([
    'set server shop/one state maint: taken',
  ]);
  await expect(rig.servers()).resolves.toEqual(['one 0 1 20', 'two 2 0 1']);
  await expect(rig.want(change(both, { one: `${one} weight 20`, two }))).resolves.toEqual([
    'enable health shop/one: taken',
    'set server shop/one state ready: taken',
  ]);
  await expect(rig.servers()).resolves.toEqual(['one 2 0 20', 'two 2 0 1']);

  await expect(rig.want(change(both, { one: `${one} weight 20` }, ['two']))).resolves.toEqual(['set server shop/two state drain: taken']);
  await expect(rig.servers()).resolves.toEqual(['one 2 0 20', 'two 2 8 1']);
  await expect(rig.want(change(both, { one: `${one} weight 20`, two }))).resolves.toEqual(['set server shop/two state ready: taken']);
  const alone = change(both, { one: `${one} weight 20` });
  await expect(rig.want(alone)).resolves.toEqual(['set server shop/two state maint: taken']);
  await expect(rig.servers()).resolves.toEqual(['one 2 0 20', 'two 0 1 1']);

  const deletions = planDeletions(rig.running, new Set(['shop/two']));
  expect(deletions.map(({ text }) => text)).toEqual(['del server shop/two']);
  while (!(await rig.send(deletions, alone)).every(({ taken }) => taken)) await sleep(100); // a connection of a check may be left
  expect(rig.running.exceptions.size).toBe(0);
  await expect(rig.servers()).resolves.toEqual(['one 2 0 20']);
});

test('what HAProxy refuses is known for a refusal, and asks for a reload', async () => {
  const rig = await setRig();
  const { document } = rig.running;
  const ghost = (server: string): ServerException => ({
    backend: 'shop' as BackendName,
    server: server as ServerName,
    line: lineOf(server, '127.0.0.1:1 check'),
    stage: 'stopped',
  });
  const wanted = change(
    document,
    { one: `127.0.0.1:${rig.ports[0]} id 1 check`, two: '127.0.0.1:1 check', four: '127.0.0.1:1 id 1 ssl' },
    [],
    {
      'c.org': 'shop',
      'd.org': 'shop',
    },
  );
  const pretended = { ...document, maps: { [MAP]: new Map([['d.org', 'out']]) as unknown as MapFile } };
  const exceptions = new Map(['two', 'three'].map((name) => [`shop/${name}`, ghost(name)]));
  rig.running = { document: pretended, exceptions, lost: new Map() };
  const plan = makePlan({ mapFolder: '/nowhere' });
  const commands = [
    ...plan({ running: rig.running, wanted, release: RELEASE }).commands,
    ...planDeletions(rig.running, new Set(['shop/three'])),
  ];
  const answers = await rig.send(commands, wanted);
  expect(commands.map(({ text }, i) => `${text}: ${answers[i]?.answer}`)).toEqual([
    'enable health shop/two: No such server.',
    'set server shop/two state ready: No such server.',
    expect.stringMatching(/^add server shop\/four .*: verify is enabled by default but no CA file specified/),
    'enable server shop/four: No such server.',
    'add map /nowhere/domain2backend.map c.org shop: Unknown map identifier. Please use #<id> or <file>.',
    'set map /nowhere/domain2backend.map d.org shop: Unknown map identifier. Please use #<id> or <file>.',
    'del server shop/three: No such server.',
  ]);
  expect(answers.map(({ taken }) => taken)).toEqual([false, false, false, false, false, false, true]); // what is gone is deleted
  expect(plan({ running: rig.running, wanted, release: RELEASE })).toMatchObject({
    commands: [],
    reload: [{ code: 'refused', subject: 'shop' }],
  });
});
