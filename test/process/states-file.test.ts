import { expect, test } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { keepStates, NO_STATES, readStates, writeStates, type StatesNow } from '../../src/process/states-file.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import type { Reading } from '../../src/socket/worker.ts';
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

function row(name: string, { op = 0, admin = 0, weights = '1 1', address = '10.0.0.1', check = 6, result = 2, host = '-' } = {}): string {
  return `3 shop 7001 ${name} ${address} ${op} ${admin} ${weights} 9 8 ${result} 0 ${check} 0 0 1 ${host} 80 - 0 0 - - 0\n`;
}

function read(servers: string, spares: string): StatesNow {
  const reader = readStates();
  for (const line of servers.split('\n')) reader.states.line(line);
  for (const line of spares.split('\n')) reader.spares(line);
  return reader.end();
}

/** The states without a map of spare backends. */
function keep(servers: string, document: Document): string {
  return keepStates(read(servers, 'Unknown map identifier. Please use #<id> or <file>.'), document);
}

const PLAIN = '10.0.0.1:80 check';

test('servers that are down stay down', () => {
  const states = NO_STATES + row('sick') + row('well', { op: 2 });
  expect(keep(states, wanted({ sick: PLAIN, well: PLAIN }))).toBe(NO_STATES + row('sick'));
});

test.each([
  ['in maintenance and was not checked yet', row('one', { admin: 1, result: 0 }), PLAIN],
  ['in maintenance with a check that has passed', row('one', { admin: 1, result: 3 }), PLAIN],
  ['draining', row('one', { admin: 8 }), PLAIN],
  ['coming up', row('one', { op: 1 }), PLAIN],
  ['at another address', row('one', { address: '10.0.0.2' }), PLAIN],
  ['at another port', row('one'), '10.0.0.1:81 check'],
  ['to be disabled', row('one'), '10.0.0.1:80 check disabled'],
  ['without a check that would bring it back', row('one'), '10.0.0.1:80'],
  ['not wanted', row('other'), PLAIN],
])('one that is %s begins as the configuration has it', (_, state, line) => {
  expect(keep(NO_STATES + state, wanted({ one: line }))).toBe(NO_STATES);
});

test('one in maintenance whose first check has failed begins as down, so that it gets no request before a check passes', () => {
  const first = row('one', { admin: 1 });
  expect(keep(NO_STATES + first, wanted({ one: PLAIN }))).toBe(NO_STATES + row('one'));
  expect(keep(NO_STATES + first, wanted({ one: '10.0.0.1:80 check disabled' }))).toBe(NO_STATES);
});

const SERVES = '0x55d0 Serves:marathon_lb_spare_d4601afd_1 shop\n';

test('one of a port that a spare backend served is known by the name of the backend to which it moves', () => {
  const servers = NO_STATES + (row('sick') + row('well', { op: 2 })).replaceAll('shop', 'marathon_lb_spare_d4601afd_1');
  const document = wanted({ sick: PLAIN, well: PLAIN });
  expect(keepStates(read(servers, SERVES), document)).toBe(NO_STATES + row('sick'));
  expect(keep(servers, document)).toBe(NO_STATES);
});

test('one that stays in a spare backend keeps its state there', () => {
  const servers = NO_STATES + row('sick').replace('shop', 'marathon_lb_spare_d4601afd_1');
  const { backends: spares } = wanted({ sick: PLAIN }, 'marathon_lb_spare_d4601afd_1');
  expect(keepStates(read(servers, SERVES), { front: [], backends: [], maps: {}, spares })).toBe(servers);
});

test('a server of the same name in a different backend is not affected', () => {
  expect(keep(NO_STATES + row('one'), wanted({ one: PLAIN }, 'other'))).toBe(NO_STATES);
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
  expect(keep(NO_STATES + states.join(''), wanted({ a: line, b: `${line} check` }))).toBe(NO_STATES + states.slice(0, count).join(''));
});

test('neither weights set by commands nor the mark of a disabled line are carried over', () => {
  const states = NO_STATES + row('one', { admin: 4, weights: '3 5' });
  expect(keep(states, wanted({ one: PLAIN }))).toBe(NO_STATES + row('one', { weights: '5 5' }));
});

test('what is written: the states of the moment, none without a document, none when HAProxy does not answer', async () => {
  const folder = await makeFolder();
  const statesPath = join(folder, 'server-state');
  const said: string[] = [];
  const log = {
    ...(await makeLogger({ level: 'silent', format: 'text', fd: 2 })),
    warn: (facts: unknown) => said.push(JSON.stringify(facts)),
  };
  const asked: string[] = [];
  const readInParts = (questions: readonly Reading[]): Promise<void> => {
    for (const { command, take } of questions) {
      asked.push(command);
      for (const line of (command.includes('map') ? SERVES : NO_STATES + row('one')).split('\n')) take(line);
    }
    return Promise.resolve();
  };
  const [config, answering] = ['/etc/haproxy/haproxy.cfg', { readInParts }];
  await writeStates({ statesPath, config, log, runtime: answering }, wanted({ one: PLAIN }));
  await expect(readFile(statesPath, 'utf8')).resolves.toBe(NO_STATES + row('one'));
  expect((await stat(statesPath)).mode & 0o777).toBe(0o600);
  await writeStates({ statesPath, config, log, runtime: answering }, undefined);
  await expect(readFile(statesPath, 'utf8')).resolves.toBe(NO_STATES);
  await writeStates({ statesPath, config, log, runtime: answering }, wanted({ one: PLAIN }));
  expect(said).toEqual([]);
  expect(asked.slice(0, 2)).toEqual(['show servers state', 'show map /etc/haproxy/spares.map']);
  await writeStates(
    { statesPath, config, log, runtime: { readInParts: () => Promise.reject(new Error('it is gone')) } },
    wanted({ one: PLAIN }),
  );
  await expect(readFile(statesPath, 'utf8')).resolves.toBe(NO_STATES);
  await writeStates({ statesPath: join(folder, 'no', 'folder'), config, log, runtime: answering }, undefined);
  expect(said.map((facts) => facts.includes('it is gone') || facts.includes('ENOENT'))).toEqual([true, true]);
});
