/**
 * The unit, golden and story tests on other versions of Node than the installed one: npm brings them as packages, into a cache.
 *
 *   npm run test:nodes                       20, 22, 24 and 26
 *   npm run test:nodes -- 22                 this one alone
 *   npm run test:nodes -- 22 test/lib        and only these tests
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

const VERSIONS = ['20', '22', '24', '26'] as const;
const CACHE = path.resolve('node_modules/.cache/node');
const LONGEST_MS = 1_800_000;

/** The folder of a program `node` of this version, which is fetched where it is not there yet. */
async function fetchNode(version: string): Promise<string> {
  const folder = path.join(CACHE, version);
  const bin = path.join(folder, 'node_modules/node/bin');
  const known = await execa(path.join(bin, 'node'), ['--version'], { reject: false });
  if (known.failed) {
    await mkdir(folder, { recursive: true });
    const words = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--loglevel=error', `node@${version}`];
    await execa('npm', words, { stdio: 'inherit', timeout: LONGEST_MS });
  }
  return bin;
}

interface Row {
  readonly Node: string;
  readonly passed: boolean;
}

async function tryNode(version: string, tests: readonly string[]): Promise<Row> {
  const bin = await fetchNode(version);
  const node = path.join(bin, 'node');
  const { stdout } = await execa(node, ['--version']);
  process.stdout.write(`\nNode ${stdout}\n`);
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const words = [...flags, 'node_modules/jest/bin/jest.js', '--testPathIgnorePatterns', 'test/e2e', '--', ...tests];
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, NODE_OPTIONS: flags.join(' ') };
  const { exitCode } = await execa(node, words, { env, stdio: 'inherit', reject: false, timeout: LONGEST_MS });
  return { Node: stdout, passed: exitCode === 0 };
}

const given = process.argv.slice(2);
const versions = given.filter((word) => /^\d+$/.test(word));
const tests = given.filter((word) => !versions.includes(word));
const rows: Row[] = [];
for (const version of versions.length === 0 ? VERSIONS : versions) rows.push(await tryNode(version, tests));
console.table(rows);
process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1;
