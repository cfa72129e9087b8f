import { expect, test } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { keepStates, NO_STATES, writeStates } from '../../src/process/states-file.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import type { Document } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { fragment } from '../haproxy/make.ts';
import { makeFolders } from '../lib/folder.ts';

const makeFolder = makeFolders('states');

function wanted(lines: Readonly<Record<string, string>>, backend = 'shop'): Document {
  const servers = new Map(Object.entries(lines).map(([name, line]) => [name as ServerName, fragment(`  server ${name} ${line}\n`)]));
  const section = { name: `backend ${backend}`, backend: backend as BackendName, fragments: [], servers, leaving: new Set<ServerName>() };
  return { front: [], backends: [section], maps: {} };
}

function row(name: string, { op = 0, admin = 0, weights = '1 1', address = '10.0.0.1', check = 6, host = '-' } = {}): string {
  return `3 shop 7001 ${name} ${address} ${op} ${admin} ${weights} 9 8 2 0 ${check} 0 0 1 ${host} 80 - 0 0 - - 0\n`;
}

const PLAIN = '10.0.0.1:80 check';

test('servers that are down stay down', () => {
  const states = NO_STATES + row('sick') + row('well', { op: 2 });
  expect(keepStates(states, wanted({ sick: PLAIN, well: PLAIN }))).toBe(NO_STATES + row('sick'));
});

test.each([
  ['in maintenance', row('one', { admin: 1 }), PLAIN],
  ['draining', row('one', { admin: 8 }), PLAIN],
  ['coming up', row('one', { op: 1 }), PLAIN],
  ['at another address', row('one', { address: '10.0.0.2' }), PLAIN],
  ['at another port', row('one'), '10.0.0.1:81 check'],
  ['to be disabled', row('one'), '10.0.0.1:80 check disabled'],
  ['without a check that would bring it back', row('one'), '10.0.0.1:80'],
  ['not wanted', row('other'), PLAIN],
])('one that is %s begins as the configuration has it', (_, state, line) => {
  expect(keepStates(NO_STATES + state, wanted({ one: line }))).toBe(NO_STATES);
});

test('one of another backend is not meant', () => {
  expect(keepStates(NO_STATES + row('one'), wanted({ one: PLAIN }, 'other'))).toBe(NO_STATES);
});

const HOST = { host: 'web.test', op: 2, check: 0 };

test.each([
  ['up, with and without a check', [row('a', HOST), row('b', { ...HOST, check: 6 })], 2],
  ['down, with a check', [row('a', { ...HOST, op: 0, check: 6 })], 1],
  ['down, without a check that would bring it back', [row('a', { ...HOST, op: 0 })], 0],
  ['without an address', [row('a', { ...HOST, admin: 32, address: '-' })], 0],
  ['in maintenance', [row('a', { ...HOST, admin: 1 })], 0],
  ['of another host', [row('a', { ...HOST, host: 'other.test' })], 0],
])('a server with a host name keeps its address, should the name not resolve now: %s', (_, states, count) => {
  const line = 'web.test:80 init-addr libc,last,none';
  expect(keepStates(NO_STATES + states.join(''), wanted({ a: line, b: `${line} check` }))).toBe(
    NO_STATES + states.slice(0, count).join(''),
  );
});

test('no weight of a command is brought back, and no mark of a line that was disabled', () => {
  const states = NO_STATES + row('one', { admin: 4, weights: '3 5' });
  expect(keepStates(states, wanted({ one: PLAIN }))).toBe(NO_STATES + row('one', { weights: '5 5' }));
});

test('what is written: the states of the moment, none without a document, none when HAProxy does not answer', async () => {
  const folder = await makeFolder();
  const statesPath = join(folder, 'server-state');
  const said: string[] = [];
  const log = {
    ...(await makeLogger({ level: 'silent', format: 'text', fd: 2 })),
    warn: (facts: unknown) => said.push(JSON.stringify(facts)),
  };
  const answering = { read: () => Promise.resolve([NO_STATES + row('one')]) };
  await writeStates({ statesPath, log, runtime: answering }, wanted({ one: PLAIN }));
  await expect(readFile(statesPath, 'utf8')).resolves.toBe(NO_STATES + row('one'));
  expect((await stat(statesPath)).mode & 0o777).toBe(0o600);
  await writeStates({ statesPath, log, runtime: answering }, undefined);
  await expect(readFile(statesPath, 'utf8')).resolves.toBe(NO_STATES);
  await writeStates({ statesPath, log, runtime: answering }, wanted({ one: PLAIN }));
  expect(said).toEqual([]);
  await writeStates({ statesPath, log, runtime: { read: () => Promise.reject(new Error('it is gone')) } }, wanted({ one: PLAIN }));
  await expect(readFile(statesPath, 'utf8')).resolves.toBe(NO_STATES);
  await writeStates({ statesPath: join(folder, 'no', 'folder'), log, runtime: answering }, undefined);
  expect(said.map((facts) => facts.includes('it is gone') || facts.includes('ENOENT'))).toEqual([true, true]);
});
