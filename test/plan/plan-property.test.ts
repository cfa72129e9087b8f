import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { changeOf, readServerLine } from '../../src/haproxy/server-line.ts';
import type { BackendSection, Command, Document, Running } from '../../src/model/document.ts';
import type { ServerName } from '../../src/model/names.ts';
import { asLoaded, backendSection, document, section } from '../haproxy/make.ts';
import { execute, loaded, type Held, type Memory } from './plan-fake.ts';

const FOLDER = '/etc/haproxy';
const plan = makePlan({ mapFolder: FOLDER });

const server = fc.record({
  address: fc.constantFrom('10.0.0.1:80', '10.0.0.1:80', '10.0.0.1:80', '10.0.0.2:80'),
  id: fc.constantFrom('', '', ' id 1', ' id 2'),
  check: fc.constantFrom('', ' check', ' check inter 5s'),
  weight: fc.constantFrom('', '', '', ' weight 1', ' weight 7'),
  disabled: fc.constantFrom('', '', '', ' disabled'),
});
const NAMES = ['s1', 's2', 's3', 's4'] as const;
const backend = fc.record({
  balance: fc.constantFrom('roundrobin', 'roundrobin', 'roundrobin', 'source'),
  servers: fc.array(fc.tuple(fc.constantFrom(...NAMES), server), { maxLength: 4 }),
  leaving: fc.subarray([...NAMES]),
});
const estate = fc
  .record({
    backends: fc.dictionary(fc.constantFrom('a', 'a', 'b', 'c'), backend, { maxKeys: 3 }),
    map: fc.dictionary(fc.constantFrom('a.org', 'b.org', 'c.org'), fc.constantFrom('a', 'b', 'c')),
    hasMap: fc.constantFrom(true, true, true, false),
  })
  .map(({ backends, map, hasMap }): Document => {
    const sections = Object.entries(backends).map(([name, { balance, servers, leaving }]) => {
      const lines = servers.map(([one, { address, id, check, weight, disabled }]): [string, string] => [
        one,
        `  server ${one} ${address}${id}${check}${weight}${disabled}\n`,
      ]);
      const made = backendSection(name, [`backend ${name}\n  balance ${balance}\n`], Object.fromEntries(lines));
      return { ...made, leaving: new Set(leaving.filter((one) => !made.servers.has(one as ServerName)) as ServerName[]) };
    });
    return document({ front: [section('head', 'global\n')], backends: sections, maps: hasMap ? { m: map } : {} });
  });

/** A history: what was wanted one after the other, whether checks passed meanwhile, and which commands were refused. */
const history = fc.record({
  first: estate,
  then: fc.array(fc.record({ wanted: estate, passes: fc.boolean(), refusals: fc.infiniteStream(fc.integer({ min: 0, max: 7 })) }), {
    minLength: 1,
    maxLength: 5,
  }),
  minor: fc.constantFrom(4, 6, 8),
});

/** What HAProxy should have in memory, after what is known of it. */
function expected({ document: { backends, maps }, exceptions, lost }: Running): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  const put = (key: string, text: string, admin: Held['admin']): void => {
    const line = readServerLine(text);
    const at = line?.words.indexOf('weight') ?? -1;
    all[key] = { address: line?.address, admin, weight: at < 0 ? 1 : Number(line?.words[at + 1]) };
  };
  for (const { backend: name, servers } of backends) {
    for (const [one, { text }] of servers) put(`${name}/${one}`, text, text.includes(' disabled') ? 'maint' : 'ready');
  }
  for (const [key, { line, stage }] of exceptions) put(key, line.text, stage === 'draining' ? 'drain' : 'maint');
  for (const key of Object.keys(all)) if ([...lost.keys()].some((name) => key.startsWith(`${name}/`))) Reflect.deleteProperty(all, key);
  return {
    servers: all,
    maps: Object.fromEntries(Object.entries(maps).map(([name, map]) => [`${FOLDER}/${name}`, Object.fromEntries(map)])),
  };
}

function actual({ servers, maps }: Memory, { lost }: Running): Record<string, unknown> {
  const known = [...servers].filter(([key]) => ![...lost.keys()].some((name) => key.startsWith(`${name}/`)));
  const shown = known.map(([key, { address, admin, weight }]) => [key, { address, admin, weight }] as const);
  return {
    servers: Object.fromEntries(shown),
    maps: Object.fromEntries(Array.from(maps, ([path, map]) => [path, Object.fromEntries(map)])),
  };
}

function send(memory: Memory, parts: { running: Running; wanted: Document; commands: readonly Command[] }, refuse: () => boolean): Running {
  const answers = parts.commands.map((command) => (refuse() ? { taken: false, answer: 'No.' } : execute(memory, command)));
  return applyAnswers({ ...parts, answers });
}

function pass(running: Running): Running {
  const apart = Array.from(
    running.exceptions,
    ([key, one]) => [key, one.stage === 'checking' ? { ...one, stage: 'passed' as const } : one] as const,
  );
  return { ...running, exceptions: new Map(apart) };
}

/** Whether servers are what a document wants: all that serve, or wait for their check, and no other. */
function serves(running: Running, wanted: Document): boolean {
  const known = [...running.exceptions.values()].every(({ stage, backend: name, server: one }) => {
    const isWanted = wanted.backends.some(({ backend: other, servers }) => other === name && servers.has(one));
    return isWanted ? stage === 'checking' : stage !== 'checking' && stage !== 'passed';
  });
  return known && isAsWanted(running.document, wanted);
}

/** The wanted document, or one that is another only in the last servers of a backend. */
function isAsWanted(held: Document, wanted: Document): boolean {
  if (held === wanted) return true;
  if (held.front !== wanted.front || held.maps !== wanted.maps || held.backends.length !== wanted.backends.length) return false;
  return wanted.backends.every((section) => {
    const other = held.backends.find(({ name }) => name === section.name);
    return other === section || (other !== undefined && hasMoreOnlyAsLast(other, section));
  });
}

/** All that is wanted of a backend, where nobody is to serve, and servers whose task is being killed: they may still answer. */
function hasMoreOnlyAsLast(held: BackendSection, { servers, leaving }: BackendSection): boolean {
  const more = [...held.servers].filter(([name]) => !servers.has(name));
  const isSame = [...servers].every(([name, { text }]) => changeOf(held.servers.get(name)?.text ?? '', text).kind === 'none');
  const isNobody = [...servers.values()].every(({ text }) => text.includes(' disabled'));
  return isSame && isNobody && more.length > 0 && more.every(([name, { text }]) => leaving.has(name) && !text.includes(' disabled'));
}

test('after commands HAProxy has what is wanted, or a reload is asked for; what is known of it is what it has', () => {
  fc.assert(
    fc.property(history, ({ first, then, minor }) => {
      const release = { major: 2, minor };
      const memory = loaded(first, FOLDER);
      let running = asLoaded(first);
      for (const { wanted, passes } of then) {
        if (passes) running = pass(running);
        const { commands, reload } = plan({ running, wanted, release });
        running = send(memory, { running, wanted, commands }, () => false);
        expect(running.lost.size).toBe(0);
        expect(actual(memory, running)).toEqual(expected(running));
        expect(plan({ running, wanted, release })).toEqual({ commands: [], reload });
        expect(reload.length > 0 || serves(running, wanted)).toBe(true);
        running = send(memory, { running, wanted, commands: planDeletions(running, new Set(running.exceptions.keys())) }, () => false);
        expect(actual(memory, running)).toEqual(expected(running));
      }
    }),
    { numRuns: 500 },
  );
});

test('whichever command HAProxy refuses, the next plan asks for a reload', () => {
  fc.assert(
    fc.property(history, ({ first, then, minor }) => {
      const release = { major: 2, minor };
      const memory = loaded(first, FOLDER);
      let running = asLoaded(first);
      let refused = 0;
      for (const { wanted, passes, refusals } of then) {
        if (passes) running = pass(running);
        const refuse = (): boolean => refusals.next().value === 0 && ++refused > 0;
        const { commands } = plan({ running, wanted, release });
        running = send(memory, { running, wanted, commands }, refuse);
        const { commands: left, reload } = plan({ running, wanted, release });
        expect(left).toEqual([]);
        expect(reload.some(({ code }) => code === 'refused')).toBe(running.lost.size > 0);
        expect(running.lost.size > 0).toBe(refused > 0);
        expect(actual(memory, running)).toEqual(expected(running));
      }
    }),
    { numRuns: 500 },
  );
});

test('whose task is being killed serves on as long as no other server of its backend does, and no longer', () => {
  fc.assert(
    fc.property(history, ({ first, then, minor }) => {
      const release = { major: 2, minor };
      const memory = loaded(first, FOLDER);
      let running = asLoaded(first);
      for (const { wanted, passes } of then) {
        if (passes) running = pass(running);
        const isReady = (name: string): boolean => memory.servers.get(name)?.admin === 'ready';
        const leaving = wanted.backends.map(({ backend: name, leaving: ones }) =>
          Array.from(ones, (one) => `${name}/${one}`).filter((one) => isReady(one)),
        );
        const { commands, reload } = plan({ running, wanted, release });
        running = send(memory, { running, wanted, commands }, () => false);
        for (const [i, { backend: name, servers }] of wanted.backends.entries()) {
          const isAlone = ![...servers.keys()].some((one) => isReady(`${name}/${one}`));
          for (const one of leaving[i] ?? []) {
            if (isReady(one) || reload.length === 0) expect(isReady(one)).toBe(isAlone);
            if (!isReady(one)) expect(memory.servers.get(one)?.admin).toBe('drain');
          }
        }
        if (reload.length === 0) continue;
        running = asLoaded(wanted);
        Object.assign(memory, loaded(wanted, FOLDER));
      }
    }),
    { numRuns: 500 },
  );
});

test('no command leaves a backend without a server when it had one before and has one afterwards', () => {
  fc.assert(
    fc.property(fc.tuple(estate, estate), ([before, wanted]) => {
      const memory = loaded(before, FOLDER);
      const { commands } = plan({ running: asLoaded(before), wanted, release: { major: 2, minor: 8 } });
      const serving = (name: string): number =>
        [...memory.servers].filter(([key, { admin }]) => key.startsWith(`${name}/`) && admin === 'ready').length;
      const names = wanted.backends.map(({ backend: name }) => name);
      const had = names.filter((name) => serving(name) > 0);
      const lowest = new Map(had.map((name) => [name, Infinity]));
      for (const command of commands) {
        execute(memory, command);
        for (const name of had) lowest.set(name, Math.min(lowest.get(name) ?? 0, serving(name)));
      }
      for (const name of had) if (serving(name) > 0) expect(lowest.get(name)).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});
