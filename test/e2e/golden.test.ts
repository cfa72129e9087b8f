import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { filesOf, listOf, readCases, viewOf } from '../golden/cases.ts';
import { endAll, makeFolder } from './ends.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { RELEASE } from './release.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const certificate = useCertificate();

beforeAll(needHaproxy);
afterEach(() => endAll(ends));

/** `haproxy -c`: 2 means that nothing is bound, which is fine. */
function check(file: string): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    const child = execFile('haproxy', ['-c', '-f', file], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr });
    });
  });
}

test.each(readCases().map((one) => [one.name, one] as const))(
  'HAProxy takes the golden case %s, as it is rendered for this release',
  async (_, one) => {
    const folder = await makeFolder(ends);
    const config = path.join(folder, 'haproxy.cfg');
    const pages = one.settings.errorPages === undefined ? {} : { errorPages: folder };
    const settings = { ...one.settings, ...pages, haproxyConfig: config, spareBackends: 1 }; // from HAProxy 3.4 on: a defaults section of each class
    const view = viewOf({ ...one, release: RELEASE, settings }, [certificate.file()]);
    for (const { front } of view.services) for (const page of front.pages ?? []) await writeFile(page.file, 'sorry');
    for (const [file, text] of [...filesOf(view), ...listOf(view)]) await writeFile(path.join(folder, file), text);
    const { code, said } = await check(config);
    expect(said).not.toMatch(/\[ALERT\]/);
    expect([0, 2]).toContain(code);
  },
);
