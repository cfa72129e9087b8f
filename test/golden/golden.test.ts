import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CASES, filesOf, readCases, viewOf } from './cases.ts';

/** `UPDATE_GOLDEN=1 npm run unit` writes what is rendered now; look at the difference before you commit it. */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

test.each(readCases().map((one) => [one.name, one] as const))('%s', (name, one) => {
  const files = filesOf(viewOf(one));
  for (const [file, text] of files) {
    const golden = path.join(CASES, name, file);
    if (UPDATE && text !== '') writeFileSync(golden, text);
    if (UPDATE && text === '') rmSync(golden, { force: true });
    expect(text).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
  }
});
