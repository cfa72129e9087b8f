import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCommand } from '../../src/process/reload-by-command.ts';
import { showProc } from '../../src/socket/master.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { statesByMaster } from './agreement.ts';
import { makeTraffic, needHaproxy, request, setStage, type Ends } from './fixtures/stage.ts';
import { now } from '../../src/lib/clock.ts';
import { add, allTaken, command, documentWith, staged, targetOf } from './runtime-commands.ts';

jest.setTimeout(60_000);

const ends: Ends = [];

beforeAll(needHaproxy);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('what it holds is read back while somebody else reloads it', async () => {
  const { runDir, config, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const document = await staged(config);
  const { master } = await showProc({ socketPath: join(runDir, 'master.sock'), deadlineMs: 5_000 });
  process.kill(master, 'SIGUSR2');
  for (let i = 0; i < 20; i++) await expect(own.holds(document)).resolves.toMatchObject({ exceptions: new Map() });
});

test('300 servers are added, put aside and deleted in a few sends, each answer at its command; traffic does not notice', async () => {
  const { config, port, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  await expect(own.release()).resolves.toEqual({ major: expect.any(Number), minor: expect.any(Number) });
  const document = await staged(config);
  const target =
    document.backends[0]?.servers
      .get('one' as ServerName)
      ?.text.trim()
      .split(' ')[2] ?? '';
  const flow = makeTraffic(port, ends);
  const names = Array.from({ length: 300 }, (_, i) => `out/s${i}`);
  await allTaken(
    own,
    names.map((name) => add(name, `${target} check inter 2000 rise 2 fall 3 weight 10`)),
  );
  const twice = await own.send(names.slice(0, 3).flatMap((name) => [add(name, target), command(`enable server ${name}`)]));
  expect(twice.map(({ taken }) => taken)).toEqual([false, true, false, true, false, true]);
  expect(twice[0]?.answer).toContain('Already exists');
  await allTaken(own, [command('set server out/s0 state drain'), command('set server out/s1 state maint')]);
  const running = await own.holds(document);
  const [section] = running.document.backends;
  expect(Array.from(section?.servers ?? [], ([name, { text }]) => [name, text])).toEqual([
    ['one', `  server one ${target}\n`],
    ['s2', `  server s2 ${target} weight 10 check\n`],
  ]);
  expect(running.exceptions.size).toBe(299);
  expect(running.exceptions.get('out/s0')?.stage).toBe('draining');
  expect(running.exceptions.get('out/s1')?.stage).toBe('stopped');
  expect(running.lost.size).toBe(0);
  const deleted = await own.send(['out/one', ...names.slice(3)].map((name) => command(`del server ${name}`, /Server deleted\.$/)));
  expect(deleted[0]).toEqual({ taken: false, answer: 'Only servers in maintenance mode can be deleted.' });
  expect(deleted.slice(1).every(({ taken }) => taken)).toBe(true);
  expect((await own.holds(document)).exceptions.size).toBe(2);
  const { '200': served = 0, ...others } = await flow.stop();
  expect(served).toBeGreaterThan(0);
  expect(others).toEqual({});
});

test('the next daemon sees what the one before has added; a disabled server that was enabled, and an enabled one that was not', async () => {
  const { config, make, write } = await setStage(ends);
  await write({ end: '  server two 127.0.0.2:81 disabled\n  server three 127.0.0.2:82\n' });
  const before = make();
  await before.reload([]);
  await allTaken(before, [
    add('out/serving', '127.0.0.2:83'),
    command('enable server out/serving'),
    add('out/drained', '127.0.0.2:84'),
    command('set server out/drained state drain'),
    add('out/stopped', '127.0.0.2:85'),
  ]);
  const document = documentWith('out', {
    one: await targetOf(config),
    two: '127.0.0.2:81 disabled',
    three: '127.0.0.2:82',
    four: '127.0.0.2:86',
  });
  const own = make();
  const held = await own.holds(document);
  expect(Array.from(held.document.backends[0]?.servers ?? [], ([name]) => name)).toEqual(['one', 'two', 'three', 'serving']);
  expect(Array.from(held.exceptions, ([key, { stage }]) => [key, stage])).toEqual([
    ['out/drained', 'draining'],
    ['out/stopped', 'stopped'],
  ]);
  const doubts = await own.review?.doubts(document);
  expect([...(doubts?.backends ?? [])]).toEqual(['out']);
  const settled = doubts && (await own.review?.settle({ document, exceptions: new Map(), lost: new Map() }, doubts));
  expect(settled).toEqual(held);
  await allTaken(own, [command('enable server out/two'), command('disable server out/three')]);
  const turned = await own.holds(document);
  expect(turned.document.backends[0]?.servers.get('two' as ServerName)?.text).toBe('  server two 127.0.0.2:81\n');
  expect(turned.exceptions.get('out/three')).toMatchObject({ stage: 'stopped', line: { text: '  server three 127.0.0.2:82\n' } });
  const elsewhere = await own.holds(documentWith('out', { one: '127.0.0.9:9' }));
  expect([...elsewhere.lost.keys()]).toEqual(['out']);
  const none = documentWith('none', { one: '127.0.0.9:9' });
  expect([...(await own.holds(none)).lost]).toEqual([['none', 'HAProxy does not have this backend']]);
  const named = { backends: new Set(['none' as BackendName]), maps: new Set<string>() };
  const missing = await own.review?.settle({ document: none, exceptions: new Map(), lost: new Map() }, named);
  expect([...(missing?.lost ?? [])]).toEqual([['none', 'HAProxy does not have this backend']]);
});

test('a reload by hand is noticed at the next command, and read back', async () => {
  const { config, runDir, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const document = await staged(config);
  await allTaken(own, [add('out/more', '127.0.0.2:83'), command('enable server out/more')]);
  const held = await own.holds(document);
  expect(held.document.backends[0]?.servers.size).toBe(2);
  const before = await own.adopt();
  process.kill((await showProc({ socketPath: join(runDir, 'master.sock'), deadlineMs: 5_000 })).master, 'SIGUSR2');
  while ((await own.adopt())?.worker === before?.worker) await sleep(20);
  await expect(own.send([command('disable server out/more')])).rejects.toThrow('somebody has reloaded HAProxy');
  const running = await own.holds(document);
  expect(running.document).toBe(document);
  expect(running.exceptions.size).toBe(0);
  await expect(own.send([command('disable server out/more')])).resolves.toEqual([{ taken: false, answer: 'No such server.' }]);
});

test('whose check has passed is known while it is in maintenance', async () => {
  const { config, make } = await setStage(ends);
  const own = make();
  await own.reload([]);
  const target = await targetOf(config);
  const servers = ['good', 'bad', 'idle'].map((server) => ({ backend: 'out' as BackendName, server: server as ServerName }));
  const at = (server: string): string => (server === 'bad' ? '127.0.0.9:9' : target);
  await allTaken(
    own,
    servers.map(({ server }) => add(`out/${server}`, `${at(server)} check inter 100 rise 2 fall 1`)),
  );
  await expect(own.passed(servers)).resolves.toEqual(new Set());
  await allTaken(own, [command('enable health out/good'), command('enable health out/bad')]);
  let passed: ReadonlySet<string> = new Set();
  while (passed.size === 0) {
    await sleep(20);
    passed = await own.passed(servers);
  }
  expect(passed).toEqual(new Set(['out/good']));
});

test('a HAProxy that somebody else runs takes commands on its stats socket, and is reloaded when another worker answers there', async () => {
  const { config, port, runDir, write, make } = await setStage(ends);
  const socket = join(runDir, 'stats.sock');
  await write({ global: `  stats socket ${socket} mode 600 level admin\n` });
  await make().reload([]);
  const { master } = await showProc({ socketPath: join(runDir, 'master.sock'), deadlineMs: 5_000 });
  const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
  const settings = {
    command: `kill -USR2 ${master}`,
    runDir: join(runDir, 'other'),
    mapFolder: runDir,
    socket,
    log,
    now,
    fingerprint: () => 'f',
  };
  const theirs = makeCommand(settings);
  const document = await staged(config);
  await allTaken(theirs, [add('out/more', '127.0.0.2:83'), command('enable server out/more')]);
  expect((await theirs.holds(document)).document.backends[0]?.servers.size).toBe(2);
  for (let i = 0; i < 3; i++) {
    await theirs.reload([]);
    await statesByMaster(runDir)(); // its master has done with it: 2.6 loses a signal that comes before
    expect((await theirs.holds(document)).document).toBe(document);
    await allTaken(theirs, [add('out/more', '127.0.0.2:83')]);
  }
  await write({ global: `  stats socket ${socket} mode 600 level admin\n`, end: 'nonsense\n' });
  await expect(makeCommand({ ...settings, confirmMs: 500 }).reload([])).rejects.toThrow('the previous worker');
  await expect(request(port)).resolves.toBe('200');
});

test('a stats socket without the rights says so at each command', async () => {
  const { runDir, write, make } = await setStage(ends);
  const socket = join(runDir, 'stats.sock');
  await write({ global: `  stats socket ${socket} mode 600\n` });
  await make().reload([]);
  const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
  const theirs = makeCommand({ command: 'true', runDir, mapFolder: runDir, socket, log, now, fingerprint: () => 'f' });
  await expect(theirs.send([command('disable server out/one')])).resolves.toEqual([{ taken: false, answer: 'Permission denied' }]);
});
