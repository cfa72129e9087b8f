/**
 * The end-to-end tests with other releases of HAProxy than the installed one: those of later Debians, brought into a cache and run from there.
 *
 *   npm run test:releases              3.0, 3.2 and 3.4
 *   npm run test:releases -- trixie    the HAProxy of this suite alone
 *
 * Needs apt-get of a Debian on x86-64.
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { fetchHaproxy, type Fetched } from './fetch.ts';

const SUITES = ['trixie', 'sid', 'experimental'] as const;
const CACHE = path.resolve('node_modules/.cache/haproxy');
const LONGEST_MS = 1_200_000;

interface Row {
  readonly HAProxy: string;
  readonly passed: number;
  readonly failed: number;
  readonly 'which failed': string;
}

/** What of jest's report is read. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[];
}

/** From 3.3 on HAProxy refuses the text for 2.6 with which the test of an upgrade begins. */
function leftOut({ version }: Fetched): string {
  return Number.parseFloat(version) >= 3.3 ? 'test/e2e/upgrade' : '^$';
}

async function tryRelease(fetched: Fetched): Promise<Row> {
  const report = path.join(CACHE, `${fetched.suite}.json`);
  await rm(report, { force: true });
  const words = ['jest', 'test/e2e', '--maxWorkers', '2', '--json', '--outputFile', report, '--testPathIgnorePatterns', leftOut(fetched)];
  await execa('npx', words, {
    env: {
      PATH: `${fetched.folder}:${process.env['PATH'] ?? ''}`,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    },
    stdout: 'ignore',
    stderr: 'inherit',
    reject: false,
    timeout: LONGEST_MS,
  });
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return { HAProxy: fetched.version, passed: 0, failed: 0, 'which failed': 'no report: jest has not ended' };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(text) as Report;
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === 'failed');
  return {
    HAProxy: fetched.version,
    passed: numPassedTests,
    failed: numFailedTests,
    'which failed': failed.map(({ fullName }) => fullName).join('; '),
  };
}

const [, , ...named] = process.argv;
const rows: Row[] = [];
for (const suite of named.length === 0 ? SUITES : named) rows.push(await tryRelease(await fetchHaproxy(suite, CACHE)));
console.table(rows);
process.exitCode = rows.some(({ passed, failed }) => failed > 0 || passed === 0) ? 1 : 0;
