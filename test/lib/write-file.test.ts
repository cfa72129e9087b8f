import { expect, test } from '@jest/globals';
import { chmod, chown, lstat, mkdir, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../src/lib/write-file.ts';
import { makeFolders } from './folder.ts';

const newFolder = makeFolders('write-file');

async function place(): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = await newFolder();
  return { folder, file: join(folder, 'haproxy.cfg') };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test.each([
  ['no piece', [], ''],
  ['one piece', ['a\n'], 'a\n'],
  ['many pieces', ['a', '', 'b', 'é€😀\n'], 'abé€😀\n'],
])('%s', async (_, pieces, text) => {
  const { folder, file } = await place();
  await replaceFile(file, pieces);
  await expect(readFile(file, 'utf8')).resolves.toBe(text);
  await expect(readdir(folder)).resolves.toEqual(['haproxy.cfg']);
});

test('more than fits into one write', async () => {
  const { file } = await place();
  const line = 'a line of a configuration\n';
  const lines = Array.from({ length: 100_000 }, () => line);
  await replaceFile(file, lines);
  await expect(readFile(file, 'utf8')).resolves.toBe(line.repeat(100_000));
});

test('a shorter text leaves nothing of a longer one', async () => {
  const { file } = await place();
  await replaceFile(file, ['a long text']);
  await replaceFile(file, ['short']);
  await expect(readFile(file, 'utf8')).resolves.toBe('short');
});

test('a new file has the mode that is asked for', async () => {
  const { folder, file } = await place();
  await replaceFile(file, ['a'], 0o600);
  await expect(modeOf(file)).resolves.toBe(0o600);
  await replaceFile(join(folder, 'other'), ['a'], 0o400);
  await expect(modeOf(join(folder, 'other'))).resolves.toBe(0o400);
});

test.each([
  [0o600, 0o600],
  [0o640, 0o640],
  [0o400, 0o400],
  [0o664, 0o660],
  [0o755, 0o750],
])('a file of mode %o keeps what its owner and group may: %o', async (mode, kept) => {
  const { file } = await place();
  await writeFile(file, 'before');
  await chmod(file, mode);
  await replaceFile(file, ['after'], 0o644);
  await expect(modeOf(file)).resolves.toBe(kept);
  await expect(readFile(file, 'utf8')).resolves.toBe('after');
});

test('whoever has it open reads the old text to its end', async () => {
  const { file } = await place();
  await writeFile(file, 'the old text');
  const handle = await open(file);
  await replaceFile(file, ['new']);
  await expect(handle.readFile('utf8')).resolves.toBe('the old text');
  await handle.close();
});

test('where a folder stands, nothing is changed and nothing left behind', async () => {
  const { folder, file } = await place();
  await mkdir(file);
  await expect(replaceFile(file, ['a'])).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(readdir(folder)).resolves.toEqual(['haproxy.cfg']);
});

test('a folder that is missing is told', async () => {
  const { folder } = await place();
  await expect(replaceFile(join(folder, 'none', 'file'), ['a'])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a folder that is not there: nothing is written', async () => {
  const { folder, file } = await place();
  await expect(replaceFile(`${folder}/none/haproxy.cfg`, ['x'])).rejects.toThrow('ENOENT');
  await writeFile(file, 'before');
  await expect(readdir(folder)).resolves.toEqual(['haproxy.cfg']);
});

test('the mode counts whatever the umask', async () => {
  const { file } = await place();
  await writeFile(file, 'before');
  await chmod(file, 0o660);
  await replaceFile(file, ['after']);
  expect((await stat(file)).mode & 0o777).toBe(0o660);
});

test('a new file is for nobody but its owner', async () => {
  const { file } = await place();
  await replaceFile(file, ['a']);
  await expect(modeOf(file)).resolves.toBe(0o600);
});

test('a file keeps its owner and group, where this user may give files away', async () => {
  const { file } = await place();
  await writeFile(file, 'before');
  const isGiven = await chown(file, 1, 1).then(() => true, () => false); // prettier-ignore
  await replaceFile(file, ['after']);
  expect((await stat(file)).gid).toBe(isGiven ? 1 : process.getgid?.());
});

test('a link stays a link: what it leads to is replaced', async () => {
  const { folder, file } = await place();
  await mkdir(join(folder, 'data'));
  const real = join(folder, 'data', 'real.cfg');
  await writeFile(real, 'before', { mode: 0o640 });
  await symlink('data/real.cfg', file);
  await replaceFile(file, ['after']);
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  await expect(readFile(real, 'utf8')).resolves.toBe('after');
  await expect(modeOf(real)).resolves.toBe(0o640);
  await expect(readdir(join(folder, 'data'))).resolves.toEqual(['real.cfg']);
});

test.each([0o400, 0o644])('what a killed process left half-written is no obstacle, and goes (mode %o)', async (mode) => {
  const { folder, file } = await place();
  await writeFile(`${file}.new`, 'a longer text, half-writ', { mode });
  await replaceFile(file, ['after'], 0o600);
  await expect(readFile(file, 'utf8')).resolves.toBe('after');
  await expect(modeOf(file)).resolves.toBe(0o600);
  await expect(readdir(folder)).resolves.toEqual(['haproxy.cfg']);
});
