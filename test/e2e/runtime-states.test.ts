import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NO_STATES } from '../../src/process/states-file.ts';
import { needHaproxy, setStage, type Ends } from './fixtures/stage.ts';
import { allTaken, command, documentWith, stateOf, targetOf } from './runtime-commands.ts';

jest.setTimeout(60_000);

const ends: Ends = [];

beforeAll(needHaproxy);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const sick = (target: string): string => `defaults
  mode http
  load-server-state-from-file global
  timeout connect 2s
  timeout client 10s
  timeout server 10s
backend sick
  server down ${target} id 7001 weight 5 check rise 9 inter 1h
  server maint ${target} id 7002 check rise 9 inter 1h
`;

test('a server that is down stays so over a reload; one in maintenance that shall serve serves', async () => {
  const { config, runDir, write, make } = await setStage(ends);
  const target = await targetOf(config);
  await write({ global: `  server-state-file ${join(runDir, 'server-state')}\n`, end: sick(target) });
  const own = make();
  await own.reload([]);
  const verdict = await promisify(execFile)('haproxy', ['-c', '-f', config]);
  expect(verdict.stderr).not.toContain('WARNING');
  const words = 'check rise 9 inter 1h';
  const wanted = documentWith('sick', { down: `${target} id 7001 weight 5 ${words}`, maint: `${target} id 7002 ${words}` });
  const makeSick = [
    command('set server sick/down health down'),
    command('set server sick/down weight 3'),
    command('disable server sick/maint'),
  ];
  await allTaken(own, makeSick);
  await expect(stateOf(runDir, 'sick/down')).resolves.toMatchObject({ down: true, mode: 'serving' });
  await own.reload([], { wanted });
  const down = await stateOf(runDir, 'sick/down');
  expect(down).toMatchObject({ down: true, mode: 'serving' });
  expect(down?.text.split(' ').slice(7, 9)).toEqual(['5', '5']);
  await expect(stateOf(runDir, 'sick/maint')).resolves.toMatchObject({ down: false, mode: 'serving' });
  await expect(readFile(join(runDir, 'server-state'), 'utf8')).resolves.toBe(NO_STATES);
  await own.reload([]);
  await expect(stateOf(runDir, 'sick/down')).resolves.toMatchObject({ down: false });
});

test('a server that is down in a spare backend begins as down in the backend to which it moves', async () => {
  const { config, runDir, write, make } = await setStage(ends);
  const [target, map, global] = [
    await targetOf(config),
    join(runDir, 'spares.map'),
    `  server-state-file ${join(runDir, 'server-state')}\n`,
  ];
  const rule = `  http-request set-var(txn.spare) path,map_str(${map})\n`;
  await writeFile(map, 'Serves:marathon_lb_spare_1 moved\n');
  await write({ global, end: `${sick(target).replace('backend sick', 'backend marathon_lb_spare_1')}${rule}` });
  const own = make();
  await own.reload([]);
  await allTaken(own, [command('set server marathon_lb_spare_1/down health down')]);
  await write({ global, end: `${sick(target).replace('backend sick', 'backend another\nbackend moved')}${rule}` });
  await own.reload([], { wanted: documentWith('moved', { down: `${target} id 7001 weight 5 check rise 9 inter 1h` }) });
  await expect(stateOf(runDir, 'moved/down')).resolves.toMatchObject({ down: true, mode: 'serving' });
  await expect(stateOf(runDir, 'moved/maint')).resolves.toMatchObject({ down: false, mode: 'serving' });
});
