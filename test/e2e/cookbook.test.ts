import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { readdirSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { matcherOf, terminalsOf, type Shown } from '../docs/console.ts';
import { needBuild, start } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { freePorts } from './ports.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const ends: Ends = [];
const PAGES = ['docs/guide.md', ...readdirSync('docs/cookbook').map((name) => path.join('docs/cookbook', name))];
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

async function outputOf(command: string): Promise<string> {
  const { stdout } = await execa('sh', ['-c', withPorts(command).replace(/^marathon-lb-ts /, 'node bin/marathon-lb-ts.js ')], {
    reject: false,
  });
  return stdout.replaceAll('\r', '');
}

/** Waits until the command prints what the page shows: the first check of a new server may still be on its way. */
async function prints({ command, output }: Shown): Promise<void> {
  let last = '';
  await until(
    () => `${command} prints\n${output.join('\n')}\nand not\n${last}`,
    async () => matcherOf(output).test((last = await outputOf(command))),
  );
}

test.each(PAGES)('%s: its commands print what it shows', async (page) => {
  const shown = terminalsOf(page).flatMap(({ needs, shown: commands }) => (needs === '' ? commands : []));
  expect(shown.length).toBeGreaterThan(0);
  for (const one of shown) await prints(one);
});
