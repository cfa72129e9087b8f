import { expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadTemplates } from '../../src/daemon/load-templates.ts';
import { makeFolders } from '../lib/folder.ts';

const makeFolder = makeFolders('templates');

test("a template file that can't be read is a Problem, and the default one stays; the others are read", async () => {
  const folder = await makeFolder();
  await mkdir(path.join(folder, 'HAPROXY_HEAD')); // a folder of that name
  await writeFile(path.join(folder, 'HAPROXY_BACKEND_HTTP_OPTIONS'), '  option forwardfor\n');
  const templates = await loadTemplates(folder, {});
  expect(templates.problems).toMatchObject([
    {
      code: 'template',
      owner: { by: 'operator' },
      message: expect.stringMatching(/HAPROXY_HEAD from .* can't be used, as it can't be read \(EISDIR/),
      hint: 'the default template is used in its place',
    },
  ]);
  expect(templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}).text).toBe('  option forwardfor\n');
});
