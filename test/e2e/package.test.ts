import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { ask } from './ask.ts';
import { needBuild } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { freePorts } from './ports.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const ends: Ends = [];

beforeAll(needHaproxy);
beforeAll(needBuild);
afterEach(() => endAll(ends));

async function filesBelow(folder: string, end: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(end)).map((name) => path.join(folder, name));
}

/** The names of the packages that are installed with the program, from package-lock.json. */
async function packages(): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  const all = Object.entries(lock.packages).filter(([name, { dev = false, optional = false }]) => name !== '' && !dev && !optional);
  return all.map(([name]) => name).filter((name) => name.lastIndexOf('node_modules/') === 0);
}

/** The package as `npm pack` makes it of what was built, unpacked beside the packages that it depends on and no others. */
async function install(): Promise<{ readonly program: string; readonly files: readonly string[]; readonly folder: string }> {
  const folder = await makeFolder(ends);
  const packed = await execa('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: readonly { readonly path: string }[] }];
  const own = path.join(folder, 'node_modules', 'marathon-lb-ts');
  await mkdir(own, { recursive: true });
  await execa('tar', ['-xzf', path.join(folder, filename), '-C', own, '--strip-components', '1']);
  for (const name of await packages()) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await symlink(path.resolve(name), path.join(folder, name));
  }
  return { program: path.join(own, 'bin', 'marathon-lb-ts.js'), files: files.map((file) => file.path).sort(), folder };
}

/** What is in bin/ for a clone and for the image alone. */
const NOT_PACKED = ['bin/setup.js', 'bin/in-few-files.js', 'bin/container-start'];

test('the package holds what the program needs and nothing else, and runs in an empty folder', async () => {
  const { program, files, folder } = await install();
  const compiled = ['dist/main.js', ...(await filesBelow('dist/command', '.js')), ...(await filesBelow('dist/admin/page', '.js'))];
  const commands = (await filesBelow('bin', '')).filter((name) => !NOT_PACKED.includes(name));
  const texts = [...(await filesBelow('templates', '')), ...(await filesBelow('page', ''))];
  expect(files).toEqual(['LICENSE', 'README.md', 'package.json', ...commands, ...compiled, ...texts].sort());

  const run = (...words: readonly string[]) => execa(process.execPath, [program, ...words], { cwd: folder, reject: false });
  await expect(run('--version')).resolves.toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown });
  await expect(run('check', ...(await filesBelow(path.resolve('examples'), '.json')))).resolves.toMatchObject({ exitCode: 0 });
  await expect(run('demo', '--app', 'nope.json')).resolves.toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('nope.json') as unknown,
  });
  await expect(seeDemo(program, folder)).resolves.toEqual({ exitCode: 0, stderr: '' });
});

const PORTS = ['--http-port', '--https-port', '--app-id-port', '--stats-port', '--dns-port', '--service-port', '--marathon-port'];

/** Runs the demo of an app and of a pod with the installed program, asks both, and ends it; gives how it ended. */
async function seeDemo(program: string, cwd: string): Promise<{ readonly exitCode: number | undefined; readonly stderr: string }> {
  const [free, temporary] = [await freePorts(PORTS.length), await makeFolder(ends)];
  const flags = PORTS.flatMap((flag, i) => [flag, String(free[i])]);
  const files = ['one-host', 'pod'].map((name) => path.resolve('examples', `${name}.json`));
  const words = ['demo', ...flags, '--every', '1', '--app', ...files];
  const running = execa(process.execPath, [program, ...words], { cwd, env: { TMPDIR: temporary }, reject: false });
  ends.push(() => running.kill('SIGINT'));
  let said = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const port = free[0] ?? 0;
  for (const host of ['shop.acme.org', 'team.acme.org'])
    await until(
      () => `an answer of ${host}\n${said}`,
      async () => (await ask({ port, host }).catch(() => undefined))?.status === '200',
    );
  await until(
    () => `a replaced instance\n${said}`,
    () => said.includes('/cookbook/team: an instance is replaced'),
  );
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  await expect(readdir(temporary)).resolves.toEqual([]);
  return { exitCode, stderr };
}
