import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { judgeFile } from '../../src/certificates/judge.ts';
import { makeFolders } from '../lib/folder.ts';
import { makeParts } from './pem.ts';

const makeFolder = makeFolders('certificate-files');
const run = promisify(execFile);
const own = await makeParts('a.org', { keyType: 'ec' });
const pem = own.certificate + own.key;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function put(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await makeFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test('a file, and a link to it', async () => {
  const folder = await put({ 'a.pem': pem });
  const file = join(folder, 'a.pem');
  const verdict = {
    usable: true,
    serves: [file],
    pems: [file],
    faults: [],
    remarks: [],
    fingerprint: sha256(pem),
    until: expect.any(Number),
    expires: expect.any(Number),
    loads: [{ path: file, fingerprint: sha256(pem), names: ['a.org'], key: 'ec' }],
  };
  await expect(judgeFile(file)).resolves.toMatchObject(verdict);
  await symlink('a.pem', join(folder, 'link'));
  await expect(judgeFile(join(folder, 'link'))).resolves.toMatchObject({
    ...verdict,
    serves: [join(folder, 'link')],
    pems: [join(folder, 'link')],
    loads: [{ path: join(folder, 'link'), fingerprint: sha256(pem), names: ['a.org'], key: 'ec' }],
  });
});

test('what can not be read is said', async () => {
  const folder = await put({ 'huge.pem': pem + '#\n'.repeat(500_000) });
  await run('mkfifo', [join(folder, 'pipe')]);
  const found = async (file: string) => (await judgeFile(join(folder, file))).faults;
  await expect(found('missing.pem')).resolves.toMatchObject([
    { file: join(folder, 'missing.pem'), found: "can't be read: there is no such file" },
  ]);
  await expect(found('huge.pem')).resolves.toMatchObject([{ found: "can't be read: it has more than 1 MB" }]);
  await expect(found('pipe')).resolves.toMatchObject([{ found: "can't be read: it is a pipe, and no regular file" }]);
  await expect(found('huge.pem/a')).resolves.toMatchObject([{ found: expect.stringMatching(/^can't be read: .*ENOTDIR/) }]);
  await expect(found('.')).resolves.toMatchObject([{ file: join(folder, 'huge.pem') }]);
  await expect(judgeFile(join(folder, 'missing.pem'))).resolves.toMatchObject({ usable: false, serves: [], fingerprint: undefined });
});

test('a file system that does not answer is not waited for', async () => {
  const folder = await put(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}.pem`, pem])));
  const { usable, faults } = await judgeFile(folder, { deadlineMs: 0 });
  expect(usable).toBe(false);
  expect(faults).toMatchObject([{ found: expect.stringContaining('did not answer') }]);
});

test('of a folder with bad files these are named, and the others serve', async () => {
  const folder = await put({ 'a.pem': pem, 'b.pem': own.certificate, 'c.pem': pem, 'd.txt': '', '.e.pem': '', 'f.key': '' });
  const verdict = await judgeFile(folder);
  expect(verdict).toMatchObject({ usable: false, serves: [join(folder, 'a.pem'), join(folder, 'c.pem')] });
  expect(verdict.faults).toMatchObject([
    { file: join(folder, 'b.pem'), found: 'holds no private key in PEM' },
    { file: join(folder, 'd.txt'), found: 'is empty' },
  ]);
});

test('of a large one nothing serves: a line of HAProxy’s has 64 words', async () => {
  const files = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`${i}.pem`, pem]));
  const folder = await put({ ...files, 'bad.pem': '' });
  await expect(judgeFile(folder)).resolves.toMatchObject({ usable: false, serves: [] });
  await unlink(join(folder, 'bad.pem'));
  await expect(judgeFile(folder)).resolves.toMatchObject({ usable: true, serves: [folder] });
});

test('an empty folder is a fault', async () => {
  const folder = await put({ 'only.key': own.key });
  await mkdir(join(folder, 'within'));
  await expect(judgeFile(folder)).resolves.toMatchObject({
    usable: false,
    faults: [{ file: folder, found: 'is a folder without a certificate file' }],
  });
});

test('the fingerprint is of everything that HAProxy reads, and of nothing else', async () => {
  const folder = await put({ 'a.pem': pem, '.hidden': '1' });
  const prints = new Set<string | undefined>();
  const print = async (of = folder): Promise<void> => {
    prints.add((await judgeFile(of)).fingerprint);
  };
  await print();
  await writeFile(join(folder, '.hidden'), '2');
  await writeFile(join(folder, 'a.pem'), pem);
  await print();
  expect(prints.size).toBe(1);
  await writeFile(join(folder, 'a.pem.issuer'), 'anything');
  await print();
  await rename(join(folder, 'a.pem.issuer'), join(folder, 'a.pem.key'));
  await print();
  await writeFile(join(folder, 'b.pem'), pem);
  await print();
  await writeFile(join(folder, 'b.pem'), own.key);
  await print();
  expect(prints.size).toBe(5);
});

test('an expired one serves, and is remarked', async () => {
  const [notBeforeDate, notAfterDate] = [new Date('2020-01-01'), new Date('2020-02-01')];
  const old = await makeParts('a.org', { keyType: 'ec', notBeforeDate, notAfterDate });
  const folder = await put({ 'a.pem': pem, 'old.pem': old.certificate + old.key });
  const { usable, remarks } = await judgeFile(folder);
  expect(usable).toBe(true);
  expect(remarks).toMatchObject([{ file: join(folder, 'old.pem'), found: 'has expired at 2020-02-01T00:00:00Z' }]);
  await expect(judgeFile(folder, { now: Date.parse('2020-01-02') })).resolves.toMatchObject({ until: Date.parse('2020-02-01') });
});

test.each(['a b.pem', 'a\nb.pem', 'a\tb.pem', 'a[b.pem', 'a]b.pem', 'a\\b.pem', 'a;b.pem'])(
  'a file of a folder whose name no list of certificates can hold costs only itself: %j',
  async (name) => {
    const folder = await put({ 'good.pem': pem, [name]: pem });
    const { pems, faults } = await judgeFile(folder);
    expect(pems).toEqual([join(folder, 'good.pem')]);
    expect(faults).toMatchObject([{ file: join(folder, name), wanted: expect.stringContaining('rename the file') }]);
  },
);

test.each(['a#b.pem', "it's.pem", '$HOME.pem', 'ü.pem'])('a file with an odd name that a list can hold serves: %s', async (name) => {
  const folder = await put({ [name]: pem });
  await expect(judgeFile(folder)).resolves.toMatchObject({ usable: true });
});
