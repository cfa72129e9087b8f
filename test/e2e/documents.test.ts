import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandsWith, matcherOf, type Shown } from '../docs/console.ts';
import { COMMAND, needBuild, start } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { freePorts } from './ports.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const ends: Ends = [];
/** The pages with commands that need nothing but this machine. */
const PAGES = commandsWith('');
const FLAGS = ['--http-port', '--https-port', '--app-id-port', '--stats-port', '--dns-port', '--service-port', '--marathon-port'];
/** The ports that pages and examples name: those of the demo, and the service ports. */
const NAMED = [8080, 8443, ...Array.from({ length: 22 }, (_, i) => 10_101 + i)];
const ports = new Map<string, number>();

beforeAll(needHaproxy);
beforeAll(needBuild);
beforeAll(startDemo);
afterAll(() => endAll(ends));

/** One demo for all pages, with all examples, on ports of the test's own. */
async function startDemo(): Promise<void> {
  const free = await freePorts(NAMED.length + FLAGS.length);
  for (const [i, named] of NAMED.entries()) ports.set(String(named), free[i] ?? 0);
  const folder = await makeFolder(ends);
  for (const name of await readdir('examples'))
    await writeFile(path.join(folder, name), withPorts(await readFile(path.join('examples', name), 'utf8')));
  const flags = FLAGS.flatMap((flag, i) => [flag, String(i < 2 ? free[i] : free[NAMED.length + i])]);
  const words = ['demo', ...flags, '--every', '3600', '--app', ...(await readdir('examples'))];
  const { stdout } = start({ words, ends, folder, env: { TMPDIR: folder } });
  await until(stdout, () => stdout().includes('HAProxy serves'));
}

function withPorts(text: string): string {
  return text.replace(/(?<=[:\s])\d{4,5}(?=[/,\s])/g, (port) => String(ports.get(port) ?? port));
}

/** A folder like a clone of the project, in which a page may write, and the program in PATH. */
async function makeClone(): Promise<{ readonly folder: string; readonly env: Readonly<Record<string, string>> }> {
  const [folder, programs] = [await makeFolder(ends), await makeFolder(ends)];
  for (const name of ['examples', 'fixtures', 'templates']) await symlink(path.resolve(name), path.join(folder, name));
  const start = `#!/bin/sh\nexec ${process.execPath} ${COMMAND} "$@"\n`;
  await writeFile(path.join(programs, 'marathon-lb-ts'), start, { mode: 0o755 });
  return { folder, env: { PATH: `${programs}:${process.env['PATH'] ?? ''}` } };
}

type Clone = Awaited<ReturnType<typeof makeClone>>;

async function outputOf(command: string, { folder, env }: Clone): Promise<string> {
  const { all } = await execa('sh', ['-c', withPorts(command)], { cwd: folder, env, all: true, reject: false });
  return all.replaceAll('\r', '');
}

/** Waits until the command prints what the page shows: the first check of a new server may still be on its way. */
async function prints({ command, output }: Shown, clone: Clone): Promise<void> {
  let last = '';
  await until(
    () => `${command} prints\n${output.join('\n')}\nand not\n${last}`,
    async () => matcherOf(output).test((last = await outputOf(command, clone))),
  );
}

test('there are such pages', () => {
  expect(PAGES.length).toBeGreaterThan(20);
});

test.each(PAGES)('%s: its commands print what it shows', async (_, shown) => {
  const clone = await makeClone();
  for (const one of shown) await prints(one, clone);
});
