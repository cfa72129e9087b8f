import { expect, test } from '@jest/globals';
import type { Command, MapFile } from '../../src/model/document.ts';
import type { BackendName } from '../../src/model/names.ts';
import { makeRuntime } from '../../src/socket/worker.ts';
import { answersOf, makeSockets, type Played } from './socket.ts';

const socketWith = makeSockets();
const MAP = '/etc/haproxy/m.map';
const VERSION = '2.6.12-1+deb12u3';

const rowsOf = (count: number): MapFile =>
  new Map(Array.from({ length: count }, (_, i) => [`host-${i}.acme.org`, `app-${i}_10000` as BackendName]));

const command = (text: string, rows?: MapFile): Command => ({
  ...{ text, expect: /^$/, reason: { code: 'map-changed' as const, subject: 'm', detail: '' } },
  ...(rows !== undefined && { rows }),
});

/** A HAProxy that gives the answer of `says` to a command, or none; the commands that it got, of rows only how many. */
async function played(says: (command: string, line: number) => string, worker: (line: number) => Partial<Played> = () => ({})) {
  const got: string[] = [];
  const rows: string[] = [];
  let line = 0;
  const socketPath = await socketWith((text, socket) => {
    line++;
    const [commands = '', ...payload] = text.trimEnd().split('\n');
    rows.push(...payload);
    const told = (one: string): string => {
      if (one !== 'show info' && one !== 'show version') got.push(one.endsWith('<<') ? `${one} ${payload.length} rows` : one);
      return says(one, line);
    };
    socket.end(answersOf(commands, { version: VERSION, pid: 7, ...worker(line) }, told));
  });
  const runtime = makeRuntime({ socketPath, prefix: '', mapFolder: '/etc/haproxy' });
  return { got, rows, runtime };
}

const prepares = (one: string): string => (one.startsWith('prepare') ? 'New version created: 5\n' : '');

test('all rows are prepared, in parts that HAProxy takes, and put in force together, in order among other commands', async () => {
  const { got, rows, runtime } = await played(prepares);
  const all = rowsOf(500);
  const answers = await runtime.send([command('set server b/s state drain'), command(`commit map ${MAP}`, all), command('add map x y z')]);
  expect(answers.map(({ taken }) => taken)).toEqual([true, true, true]);
  expect(rows).toEqual(Array.from(all, ([key, value]) => `${key} ${value}`));
  expect(got.map((text) => text.replace(/\d+ rows/, 'rows'))).toEqual([
    'set server b/s state drain',
    `prepare map ${MAP}`,
    `add map @5 ${MAP} << rows`,
    `add map @5 ${MAP} << rows`,
    `add map @5 ${MAP} << rows`,
    `commit map @5 ${MAP}`,
    'add map x y z',
  ]);
});

test.each([
  ['no version', 'prepare', ['prepare']],
  ['a row', 'add', ['prepare', 'add', 'clear']],
  ['the last command', 'commit', ['prepare', 'add', 'commit', 'clear']],
])('HAProxy refuses %s: nothing is in force, and what was prepared is cleared', async (_, refused, verbs) => {
  const { got, runtime } = await played((one) => (one.startsWith(refused) ? 'No.\n' : prepares(one)));
  await expect(runtime.send([command(`commit map ${MAP}`, rowsOf(3))])).resolves.toEqual([{ taken: false, answer: 'No.' }]);
  expect(got.map((text) => text.split(' ', 1)[0])).toEqual(verbs);
});

test('when a different worker answers in between, nothing more is sent and the map is not put in force', async () => {
  const { got, runtime } = await played(prepares, (line) => ({ pid: line < 3 ? 7 : 8 }));
  await expect(runtime.send([command(`commit map ${MAP}`, rowsOf(900))])).rejects.toThrow(
    'a different worker of HAProxy answers than before',
  );
  expect(got.filter((text) => text.startsWith('commit'))).toEqual([]);
});

test('when the worker is about to end, the map is not put in force', async () => {
  const { got, runtime } = await played(prepares, (line) => ({ stopping: line >= 2 }));
  await expect(runtime.send([command(`commit map ${MAP}`, rowsOf(3))])).rejects.toThrow('is about to end');
  expect(got.filter((text) => text.startsWith('commit'))).toEqual([]);
});

test('a row that HAProxy would read as more than one is not sent', async () => {
  const { got, runtime } = await played(prepares);
  const rows: MapFile = new Map([['a.org', 'b\n\nquit' as BackendName]]);
  await expect(runtime.send([command(`commit map ${MAP}`, rows)])).rejects.toThrow('a command is not sent to HAProxy');
  expect(got.map((text) => text.split(' ', 1)[0])).toEqual(['prepare']);
});
