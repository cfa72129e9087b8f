import { expect, test } from '@jest/globals';
import { stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { makeFolder } from '../../src/lib/folders.ts';
import { makeFolders } from './folder.ts';

const newFolder = makeFolders('folders');

test.each([['a'], ['a/b/c'], ['a/./b/../c'], ['a/b/'], ['.']])('makes %s and those above it', async (folder) => {
  const root = await newFolder();
  await makeFolder(join(root, folder));
  expect((await stat(join(root, folder))).isDirectory()).toBe(true);
  await makeFolder(join(root, folder)); // is there already
});

test('takes a relative one', async () => {
  const root = await newFolder();
  await makeFolder(relative(process.cwd(), join(root, 'a', 'b')));
  expect((await stat(join(root, 'a', 'b'))).isDirectory()).toBe(true);
});

test('several that make one at once', async () => {
  const root = await newFolder();
  for (let i = 0; i < 50; i++) {
    const folder = join(root, String(i), 'a', 'b');
    await expect(Promise.all([1, 2, 3].map(() => makeFolder(folder)))).resolves.toHaveLength(3);
    expect((await stat(folder)).isDirectory()).toBe(true);
  }
});

test.each([0o644, 0o755])('a file of mode %o stands in its place', async (mode) => {
  const root = await newFolder();
  await writeFile(join(root, 'file'), '', { mode });
  await expect(makeFolder(join(root, 'file'))).rejects.toThrow('is not a folder');
});

test('a file stands above it', async () => {
  const root = await newFolder();
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.each(['/proc/x', '/proc/x/y/z', '/proc/self/nothing/here'])('%s, where nothing can be made, is rejected', async (folder) => {
  await expect(makeFolder(folder)).rejects.toMatchObject({ code: 'ENOENT', message: expect.stringContaining('/proc/') });
});
