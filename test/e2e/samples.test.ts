import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { samplesIn } from '../docs/samples.ts';
import { needBuild, run } from './command.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
beforeAll(needHaproxy);
beforeAll(needBuild);
afterEach(() => endAll(ends));

const SAMPLES = ['docs/explain.md', 'docs/check.md'].flatMap((page) => {
  return samplesIn(readFileSync(page, 'utf8')).map((sample) => ({ page, ...sample }));
});

test('the pages show commands', () => {
  expect(SAMPLES.length).toBeGreaterThanOrEqual(4);
});

test.each(SAMPLES)('$page: `$command` prints what the page says', async ({ command, output }) => {
  const [program, ...words] = command.split(' ');
  expect(program).toBe('marathon-lb-ts');
  const { stdout, stderr } = await run({ folder: path.resolve('.'), ends, words });
  const release = /HAProxy \d+\.\S+/g; // of this machine
  const shown = `${stdout}${stderr}`.trimEnd().replaceAll(release, 'HAProxy X').split('\n');
  expect(shown).toEqual(output.map((line) => line.replaceAll(release, 'HAProxy X')));
});
