import { expect, test } from '@jest/globals';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { type Answer } from '../../src/model/haproxy.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import type { Command, Document, Running } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { asLoaded, backendSection, document, section } from '../haproxy/make.ts';

const release = { major: 2, minor: 8 };
const plan = makePlan({ mapFolder: '/etc/haproxy' });
const TAKEN: Answer = { taken: true, answer: '' };

function at(servers: Readonly<Record<string, string>>, maps: Record<string, Record<string, string>> = {}): Document {
  const backends = [backendSection('a', ['backend a\n'], { x: '  server x 10.0.0.9:80\n' }), backendSection('b', ['backend b\n'], servers)];
  return document({ front: [section('head', 'global\n')], backends, maps });
}

const S1 = '  server s1 10.0.0.1:80 id 1\n';
const S2 = '  server s2 10.0.0.2:80 id 2 check\n';

function steps(running: Running, wanted: Document, commands: readonly Command[]): readonly string[] {
  return commands.map((_, i) => {
    const some = commands.slice(0, i + 1);
    const { document: reached, exceptions } = applyAnswers({ running, wanted, commands: some, answers: some.map(() => TAKEN) });
    const servers = [...(reached.backends.find(({ backend }) => backend === 'b')?.servers.keys() ?? [])].join(' ');
    return [servers, ...Array.from(exceptions.values(), ({ stage, server }) => `${server} ${stage}`)].join(', ');
  });
}

test('every command has its effect when it was taken, and not before', () => {
  const [running, wanted] = [asLoaded(at({ s1: S1 })), at({ s2: S2 })];
  const { commands } = plan({ running, wanted, release });
  expect(commands.map(({ text }) => text.split(' ').slice(0, 2).join(' '))).toEqual([
    'add server',
    'enable health',
    'enable server',
    'set server',
  ]);
  expect(steps(running, wanted, commands)).toEqual(['s1, s2 stopped', 's1 s2, s2 checking', 's1 s2', 's2, s1 stopped']);
});

test('a part with the same text as the wanted document becomes the wanted object', () => {
  const [running, wanted] = [asLoaded(at({ s1: S1 })), at({ s1: S1.replace('id 1', 'id 5'), s2: S2 })];
  const first = applyAnswers({ running, wanted, commands: [], answers: [] });
  expect(first.document.backends.map((one, i) => one === wanted.backends[i])).toEqual([true, false]);
  expect([first.document.front, first.document.maps]).toEqual([wanted.front, wanted.maps]);
  const { commands } = plan({ running: first, wanted, release });
  const next = applyAnswers({ running: first, wanted, commands, answers: commands.map(() => TAKEN) });
  expect(next.document).toBe(wanted);
  expect(next.exceptions.get('b/s2')).toMatchObject({ stage: 'checking' });
});

test('without a difference the same object is returned', () => {
  const running = asLoaded(at({ s1: S1 }));
  const other = { ...document({ backends: [backendSection('c', ['backend c\n'])] }), maps: running.document.maps };
  for (const wanted of [running.document, other]) expect(applyAnswers({ running, wanted, commands: [], answers: [] })).toBe(running);
});

test('a front that is cut in another way is the wanted one', () => {
  const [was, now] = [
    document({ front: [section('head', 'global\nfrontend f\n')] }),
    document({ front: [section('head', 'global\n'), section('frontend f', '\nfrontend f\n')] }),
  ];
  expect(applyAnswers({ running: asLoaded(was), wanted: now, commands: [], answers: [] }).document).toBe(now);
});

test('a refusal loses the backend, and the reload that it asks for names the answer', () => {
  const [running, wanted] = [asLoaded(at({ s1: S1 })), at({ s1: S1, s2: S2 })];
  const { commands } = plan({ running, wanted, release });
  const answers = commands.map((_, i) => (i === 0 ? TAKEN : { taken: false, answer: 'No such server.\n' }));
  const next = applyAnswers({ running, wanted, commands, answers });
  const detail = "to 'enable health b/s2' HAProxy answered 'No such server.'";
  expect([...next.lost]).toEqual([['b', detail]]);
  expect(plan({ running: next, wanted, release })).toMatchObject({ commands: [], reload: [{ code: 'refused', subject: 'b', detail }] });
});

test('an answer that never came is a refusal', () => {
  const [running, wanted] = [asLoaded(at({ s1: S1 })), at({ s1: S1, s2: S2 })];
  const { commands } = plan({ running, wanted, release });
  expect([...applyAnswers({ running, wanted, commands, answers: [TAKEN] }).lost.values()]).toEqual([
    "to 'enable health b/s2' HAProxy answered nothing",
  ]);
});

test('entries of a map come, change and go; one that was refused asks for a reload', () => {
  const running = asLoaded(at({}, { m: { one: 'a', two: 'b', three: 'b' }, other: {} }));
  const wanted = at({}, { m: { one: 'b', two: 'b', four: 'a' }, other: {} });
  const { commands } = plan({ running, wanted, release });
  const done = applyAnswers({ running, wanted, commands, answers: commands.map(() => TAKEN) });
  expect(done.document).toBe(wanted);
  for (const [i] of commands.entries()) {
    const answers = commands.map((_, j) => ({ taken: i !== j, answer: 'entry not found.' }));
    const next = applyAnswers({ running, wanted, commands, answers });
    expect(next.document.maps['m']).not.toEqual(wanted.maps['m']);
    expect(next.document.maps['other']).toBe(wanted.maps['other']);
    const way = plan({ running: next, wanted, release });
    expect(way).toMatchObject({ commands: [], reload: [{ code: 'refused' }] });
  }
});

test('a deletion that is refused only waits', () => {
  const running: Running = {
    ...asLoaded(at({ s1: S1 })),
    exceptions: new Map([
      [
        'b/s2',
        {
          backend: 'b' as BackendName,
          server: 's2' as ServerName,
          line: { template: '', owner: { by: 'operator' }, text: S2 },
          stage: 'stopped',
        },
      ],
    ]),
  };
  const { document: wanted } = running;
  const commands = planDeletions(running, new Set(['b/s2']));
  const answer = 'Server still has connections attached to it, cannot remove it.';
  expect(applyAnswers({ running, wanted, commands, answers: [{ taken: false, answer }] })).toBe(running);
  expect(applyAnswers({ running, wanted, commands, answers: [TAKEN] })).toEqual({ ...running, exceptions: new Map() });
});

test.each<[string, string, boolean]>([
  ['add server b/s2', 'New server registered.', true],
  ['add server b/s2', 'Ignoring cookie as HTTP mode is disabled.\nNew server registered.', true],
  ['add server b/s2', "unknown keyword 'foo'; did you mean 'tfo' maybe ?", false],
  ['add server b/s2', '', false],
  ['enable health b/s2', '', true],
  ['enable health b/s2', 'Health check was not configured on this server, cannot enable.', false],
  ['enable server b/s2', '', true],
  ['set server b/s1', '', true],
  ['set server b/s1', 'No such server.', false],
  ['add map', '', true],
  ['add map', 'Unknown map identifier. Please use #<id> or <file>.', false],
  ['del server b/s3', 'Server deleted.', true],
  ['del server b/s3', 'Server b/s3 is DOWN.\nServer deleted.', true],
  ['del server b/s3', 'No such server.', true],
  ['del server b/s3', 'Only servers in maintenance mode can be deleted.', false],
])('%s is answered %j: taken %s', (start, answer, taken) => {
  const exceptions: Running['exceptions'] = new Map([
    [
      'b/s3',
      {
        backend: 'b' as BackendName,
        server: 's3' as ServerName,
        line: { template: '', owner: { by: 'operator' }, text: S2 },
        stage: 'stopped',
      },
    ],
  ]);
  const running: Running = { ...asLoaded(at({ s1: S1 }, { m: {} })), exceptions };
  const { commands } = plan({ running, wanted: at({ s2: S2 }, { m: { one: 'a' } }), release });
  const command = [...commands, ...planDeletions(running, new Set(['b/s3']))].find(({ text }) => text.startsWith(start));
  expect(command?.expect.test(answer)).toBe(taken);
});
