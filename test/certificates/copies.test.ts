import { expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forgetCopies, settleWithCopy, type KnownCopies } from '../../src/certificates/copies.ts';
import { judgeFile } from '../../src/certificates/judge.ts';
import { selectCertificates } from '../../src/certificates/choose.ts';
import { nameFile } from '../../src/certificates/name-file.ts';
import { makeFolders } from '../lib/folder.ts';
import { makeParts } from './pem.ts';

const makeFolder = makeFolders('certificate-copies');
const parts = await makeParts('a.org', { keyType: 'ec' });
const [pem, other] = [parts.certificate + parts.key, await makeParts('b.org', { keyType: 'ec' })];

async function put(text: string) {
  const folder = await makeFolder();
  const [file, copies] = [join(folder, 'a.pem'), join(folder, 'state', 'certificates')];
  await writeFile(file, text);
  const settle = async () => settleWithCopy(file, await judgeFile(file), { folder: copies });
  return { folder, file, copies, settle };
}

test('a good one serves itself; when it is bad, what it was before, for nobody else to read', async () => {
  const { file, copies, settle } = await put(pem);
  const { isCopy, ...good } = await settle();
  expect({ isCopy, good }).toEqual({ isCopy: undefined, good: await judgeFile(file) });
  await writeFile(file, pem.slice(0, 200));
  const cut = await settle();
  expect(cut).toMatchObject({ isCopy: true, usable: false, fingerprint: good.fingerprint, faults: [{ file }] });
  const [copy = ''] = cut.serves;
  await expect(readFile(copy, 'utf8')).resolves.toBe(pem);
  expect((await stat(copies)).mode & 0o777).toBe(0o700);
  await rm(file);
  await expect(settle()).resolves.toMatchObject({ isCopy: true, serves: [copy] });
});

test('the copy follows what is good, with what lies beside it', async () => {
  const { file, settle } = await put(pem);
  await settle();
  await writeFile(file, other.certificate);
  await writeFile(`${file}.key`, other.key);
  const { fingerprint } = await settle();
  await rm(`${file}.key`);
  const bad = await settle();
  expect(bad).toMatchObject({ isCopy: true, fingerprint });
  await expect(judgeFile(bad.serves[0] ?? '')).resolves.toMatchObject({ usable: true, fingerprint });
});

test('a copy that is as it should be is not read again; one that is gone is made again', async () => {
  const { file, copies } = await put(pem);
  const known: KnownCopies = new Map();
  const settle = async () => settleWithCopy(file, await judgeFile(file), { folder: copies, known });
  await settle();
  const [[copy, seen] = ['', undefined]] = known;
  await settle();
  expect(known.get(copy)).toBe(seen);
  await rm(copy);
  await settle();
  await expect(readFile(copy, 'utf8')).resolves.toBe(pem);
  await writeFile(copy, '');
  await settle();
  await expect(readFile(copy, 'utf8')).resolves.toBe(pem);
});

test('one that was never good, and a folder, have none', async () => {
  const { folder, copies, settle } = await put('');
  await expect(settle()).resolves.toMatchObject({ usable: false, serves: [] });
  const all = join(folder, 'all');
  await mkdir(all);
  await writeFile(join(all, 'a'), pem);
  await settleWithCopy(all, await judgeFile(all), { folder: copies });
  await writeFile(join(all, 'a'), '');
  await expect(settleWithCopy(all, await judgeFile(all), { folder: copies })).resolves.toMatchObject({ serves: [] });
});

test('copies of files that nobody names any more are removed', async () => {
  const { folder, file, copies, settle } = await put(pem);
  await settle();
  const second = join(folder, 'b.pem');
  await writeFile(second, pem);
  await settleWithCopy(second, await judgeFile(second), { folder: copies });
  await forgetCopies([file], copies);
  await expect(readdir(copies)).resolves.toHaveLength(1);
  await forgetCopies([], join(folder, 'nowhere'));
});

test('who has named it is told what serves', async () => {
  const { folder, file } = await put(pem);
  const state = join(folder, 'state');
  await expect(nameFile(file, await judgeFile(file), { stateDir: state, shared: [] })).resolves.toMatchObject({
    file,
    serves: [file],
    faults: [],
  });
  await writeFile(file, '');
  const bad = await judgeFile(file);
  const { problems, files } = await selectCertificates(new Map([[file, bad]]), { stateDir: state });
  expect(problems.map(({ message }) => message)).toEqual([`the certificate ${file} is empty, so the previous one stays in use`]);
  expect(files).toEqual([expect.stringContaining(join(state, 'certificates'))]);
  await rm(state, { recursive: true });
  const { serves, faults } = await nameFile(file, bad, { stateDir: state, shared: [] });
  expect({ serves, faults }).toMatchObject({
    serves: [],
    faults: [
      {
        message: `the certificate ${file} is empty, so the port is not bound, and its virtual hosts have a certificate of the shared https frontend`,
      },
    ],
  });
});
