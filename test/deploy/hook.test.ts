import { afterEach, expect, test } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runHook } from '../../src/deploy/hook.ts';
import { colour } from './facts.ts';

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((one) => rm(one, { recursive: true, force: true }))));

/** A hook that is a script with these lines; `$OUT` is a file beside it. */
async function hook(lines: string): Promise<{ readonly file: string; readonly out: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hook-test-'));
  folders.push(folder);
  const [file, out] = [path.join(folder, 'hook'), path.join(folder, 'out')];
  await writeFile(file, `#!/bin/sh\nOUT=${out}\n${lines}\n`);
  await chmod(file, 0o755);
  return { file, out };
}

const { signal } = new AbortController();
const KILLING = { app: colour('/blue', 2), stays: colour('/green', 2), tasks: ['/blue.1', '/blue.2'] };

test("the hook gets marathon-lb's three words: the old app, the tasks, the new app", async () => {
  const { file, out } = await hook('printf "%s\\n" "$@" > $OUT');
  await runHook(file, KILLING, signal);
  expect((await readFile(out, 'utf8')).trim().split('\n')).toEqual(['{"id":"/blue"}', '["/blue.1","/blue.2"]', '{"id":"/green"}']);
});

test('fault 13, a word that is too long for the system is a file, which is gone afterwards', async () => {
  const { file, out } = await hook('echo "$1" > $OUT; cat "${1#@}" >> $OUT');
  const json = { id: '/blue', labels: { long: 'x'.repeat(200_000) } };
  await runHook(file, { ...KILLING, app: { ...KILLING.app, json } }, signal);
  const [word = '', text = ''] = (await readFile(out, 'utf8')).split('\n');
  expect(JSON.parse(text)).toEqual(json);
  await expect(readFile(word.slice(1))).rejects.toThrow('ENOENT');
});

test.each([
  ['exit 3', 'ended with code 3, so nothing is killed'],
  ['kill -9 $$', 'ended with a signal, so nothing is killed'],
])('a hook that does not end well (%s): a sentence, and exit code 2', async (lines, message) => {
  const { file } = await hook(lines);
  await expect(runHook(file, KILLING, signal)).rejects.toMatchObject({ exitCode: 2, message: `the pre-kill hook ${file} ${message}` });
});

test('a hook that is not there', async () => {
  await expect(runHook('/nowhere/hook', KILLING, signal)).rejects.toMatchObject({
    exitCode: 2,
    message: 'the pre-kill hook /nowhere/hook could not be run',
  });
});
