import { afterEach, expect, test } from '@jest/globals';
import { appendFile, mkdir, readFile, rename, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256 } from '../../src/certificates/pem-file.ts';
import { judgeFile, type FileVerdict } from '../../src/certificates/judge.ts';
import { watchCertificates } from '../../src/certificates/watch.ts';
import { makeFolders } from '../lib/folder.ts';
import { makeParts } from './pem.ts';

const makeFolder = makeFolders('certificate-watch');
const [own, other] = await Promise.all([makeParts('a.org', { keyType: 'ec' }), makeParts('b.org', { keyType: 'ec' })]);
const [pem, renewed] = [own.certificate + own.key, other.certificate + other.key];
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A watch whose sleeps end by hand: `slept` waits for the next one, and says how long it would be. */
async function start(files: () => readonly string[], known?: readonly string[], now: () => number = Date.now) {
  const ending = new AbortController();
  const told: ReadonlyMap<string, FileVerdict>[] = [];
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  let arrived = (): void => undefined;
  let steady = 0;
  const sleep = (given: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const ms = given > 5_000 ? 10_000 : given; // the rest of the time between two looks at everything
      const fail = (): void => {
        reject(new Error('aborted'));
      };
      const wake = (): void => {
        signal.removeEventListener('abort', fail);
        steady += given;
        resolve();
      };
      signal.addEventListener('abort', fail);
      sleeps.push({ ms, wake });
      arrived();
    });
  const slept = async (): Promise<number> => {
    if (sleeps.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    return sleeps[0]?.ms ?? NaN;
  };
  const knownVerdicts = new Map(await Promise.all((known ?? files()).map(async (file) => [file, await judgeFile(file)] as const)));
  const changed = (verdicts: ReadonlyMap<string, FileVerdict>): void => void told.push(verdicts);
  const verdictOf = (file: string): FileVerdict | undefined => {
    const verdict = knownVerdicts.get(file);
    knownVerdicts.delete(file);
    return verdict;
  };
  const ended = watchCertificates({ files, sleep, signal: ending.signal, changed, known: verdictOf, now, steady: () => steady });
  ends.push(async () => {
    ending.abort();
    await ended;
  });
  /** Goes on to the next rest between two rounds; what happens `before` a sleep ends is by its number. */
  const round = async (during: Readonly<Record<number, () => Promise<unknown>>> = {}): Promise<readonly number[]> => {
    const all: number[] = [];
    for (let i = 0; ; i++) {
      const ms = await slept();
      if (ms === 10_000 && i > 0) return all;
      await during[i]?.();
      all.push(ms);
      sleeps.shift()?.wake();
    }
  };
  return { told, slept, round, ended, stop: () => { ending.abort(); } }; // prettier-ignore
}

/** What was told, as words: 'good', or what was found. */
function words(told: readonly ReadonlyMap<string, FileVerdict>[]): readonly Readonly<Record<string, string>>[] {
  const said = ({ usable, faults }: FileVerdict): string => (usable ? 'good' : (faults[0]?.found ?? ''));
  return told.map((verdicts) =>
    Object.fromEntries([...verdicts].map(([file, verdict]): [string, string] => [basename(file), said(verdict)])),
  );
}

async function watched(files: Readonly<Record<string, string>> = { 'a.pem': pem }) {
  const folder = await makeFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { folder, file: join(folder, 'a.pem') };
}

test('nothing is told of what is known and stays', async () => {
  const { folder, file } = await watched();
  const { round, told } = await start(() => [file, folder, join(folder, 'missing')]);
  await round();
  expect(await round()).toEqual([10_000]);
  expect(told).toEqual([]);
});

test('a renewed one is told once, with its new fingerprint', async () => {
  const { file } = await watched();
  const { round, told } = await start(() => [file]);
  await round();
  expect(await round({ 0: () => writeFile(file, renewed) })).toEqual([10_000, 200]);
  await round();
  expect(words(told)).toEqual([{ 'a.pem': 'good' }]);
  expect(told[0]?.get(file)).toEqual(await judgeFile(file));
});

test('one that is touched, or written again as it was, is not told', async () => {
  const { file } = await watched();
  const { round, told } = await start(() => [file]);
  await round();
  expect(await round({ 0: () => utimes(file, 1, 1) })).toEqual([10_000, 200]);
  await round({ 0: async () => { await writeFile(`${file}.new`, pem); await rename(`${file}.new`, file); } }); // prettier-ignore
  expect(told).toEqual([]);
});

test('one that vanishes is told after a second look, and when it appears again', async () => {
  const { file } = await watched();
  const { round, told } = await start(() => [file]);
  await round();
  expect(await round({ 0: () => unlink(file) })).toEqual([10_000, 200, 1_800]);
  await round();
  await round({ 0: () => writeFile(file, pem) });
  expect(words(told)).toEqual([{ 'a.pem': "can't be read: there is no such file" }, { 'a.pem': 'good' }]);
});

test('a half-written one is not believed', async () => {
  const { file } = await watched();
  const { round, told } = await start(() => [file]);
  await round();
  const rest = await round({
    0: () => writeFile(file, ''),
    1: () => appendFile(file, other.certificate), // it changes from one look to the next
    3: () => appendFile(file, other.key), // after it was quiet, and bad
  });
  expect(rest).toEqual([10_000, 200, 200, 1_800, 200]);
  expect(words(told)).toEqual([{ 'a.pem': 'good' }]);
  expect(await readFile(file, 'utf8')).toBe(renewed);
});

test('one that stays bad is told, and its neighbour at once', async () => {
  const { folder, file } = await watched({ 'a.pem': pem, 'b.pem': pem });
  const neighbour = join(folder, 'b.pem');
  const { round, told } = await start(() => [file, neighbour]);
  await round();
  let before: readonly unknown[] = [];
  const spoil = async (): Promise<void> => {
    await writeFile(file, own.certificate);
    await writeFile(neighbour, renewed);
  };
  await round({ 0: spoil, 2: () => Promise.resolve((before = words(told))) });
  expect(before).toEqual([{ 'b.pem': 'good' }]);
  expect(words(told)).toEqual([{ 'b.pem': 'good' }, { 'a.pem': 'holds no private key in PEM' }]);
});

test('one that never stops changing is left as it was known', async () => {
  const { file } = await watched();
  const { round, told } = await start(() => [file]);
  await round();
  const grow = () => appendFile(file, '#\n');
  const rest = await round(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i, grow])));
  expect(rest).toEqual([10_000, ...Array.from({ length: 10 }, () => 200)]);
  expect(told).toEqual([]);
});

test('a mounted secret, which is exchanged by a link', async () => {
  const { folder } = await watched();
  const secret = join(folder, 'secret');
  const put = async (version: string, text: string): Promise<void> => {
    await mkdir(join(secret, version), { recursive: true });
    await writeFile(join(secret, version, 'tls.pem'), text);
    await symlink(version, join(secret, '..new'));
    await rename(join(secret, '..new'), join(secret, '..data'));
  };
  await put('..1', pem);
  await symlink('..data/tls.pem', join(secret, 'tls.pem'));
  const { round, told } = await start(() => [secret, join(secret, 'tls.pem')]);
  await round();
  await round({ 0: () => put('..2', renewed) });
  expect(words(told)).toEqual([{ secret: 'good', 'tls.pem': 'good' }]);
});

test('what lies beside a file counts, and of a folder what it holds', async () => {
  const { folder, file } = await watched({ 'a.pem': own.certificate, 'a.pem.key': own.key });
  const { round, told } = await start(() => [file, folder]);
  await round();
  await round({ 0: () => writeFile(`${file}.key`, other.key) });
  await round({ 0: () => writeFile(join(folder, 'b.pem'), pem) });
  const fault = 'holds a private key of another certificate';
  expect(words(told).map((one) => Object.values(one))).toEqual([[fault, fault], [fault]]);
  expect(told[1]?.get(folder)?.serves).toEqual([join(folder, 'b.pem')]);
});

test('of a folder each file counts by itself: one that is bad or never stops growing stays as it was, a renewed one is told at once', async () => {
  const { folder, file } = await watched({ 'a.pem': pem, 'b.pem': pem, 'c.pem': pem });
  const [growing, bad] = [join(folder, 'b.pem'), join(folder, 'c.pem')];
  const { round, told } = await start(() => [folder]);
  await round();
  const grow = () => appendFile(growing, '#\n');
  const change = async (): Promise<void> => {
    await Promise.all([writeFile(file, renewed), writeFile(bad, own.certificate), grow()]);
  };
  await round({ 0: change, ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i + 1, grow])) });
  const found = told.map((one) => one.get(folder));
  expect(words(told).flatMap((one) => Object.values(one))).toEqual(['good', 'holds no private key in PEM']);
  expect(found[0]?.loads?.map(({ fingerprint }) => fingerprint)).toEqual([sha256(renewed), sha256(pem), sha256(pem)]);
  expect(found[1]?.faults).toMatchObject([{ file: bad }]);
  expect(found[1]?.loads?.map(({ path, fingerprint }) => [path, fingerprint])).toEqual([
    [file, sha256(renewed)],
    [growing, sha256(pem)],
  ]);
});

test('only what looks different is looked into again', async () => {
  const { folder, file } = await watched({ 'a.pem': pem, 'b.pem': pem });
  const { round, told } = await start(() => [folder]);
  await round();
  await round();
  const { parts } = await judgeFile(folder);
  await round({ 0: () => writeFile(file, renewed) });
  await round({ 0: () => writeFile(file, pem) });
  const [first, second] = told.map((one) => one.get(folder)?.parts);
  expect(second?.[1]).toBe(first?.[1]);
  expect(second).toEqual(parts);
});

test('files may come, and are told; those that go are forgotten', async () => {
  const { folder, file } = await watched({ 'a.pem': pem, 'b.pem': renewed });
  const [second, third] = [join(folder, 'b.pem'), join(folder, 'c.pem')];
  let files = [file];
  const { round, told } = await start(() => files, [file]);
  await round();
  await round({ 0: () => Promise.resolve((files = [second, third])) });
  expect(words(told)).toEqual([{ 'b.pem': 'good' }, { 'c.pem': "can't be read: there is no such file" }]);
  await round({ 0: () => Promise.resolve((files = [file, second])) });
  expect(words(told).slice(2)).toEqual([{ 'a.pem': 'good' }]);
});

test('a change between the first judgement and the first look is told', async () => {
  const { file } = await watched();
  const { round, told } = await start(() => [file]);
  await writeFile(file, renewed);
  await round();
  expect(words(told)).toEqual([{ 'a.pem': 'good' }]);
});

test('one that expires is told, though nobody touched it', async () => {
  const { file } = await watched();
  const { until } = await judgeFile(file);
  let now = until - 1;
  const { round, told } = await start(
    () => [file],
    [file],
    () => now,
  );
  await round();
  expect(told).toEqual([]);
  now = until;
  await round();
  await round();
  expect(told.map((one) => one.get(file)?.remarks.map(({ found }) => found))).toEqual([[expect.stringContaining('has expired')]]);
});

test('it ends with the signal, in the middle of any rest', async () => {
  const { file } = await watched();
  for (const rests of [0, 1, 2]) {
    const { slept, round, ended, stop } = await start(() => [file]);
    if (rests > 0) await round();
    if (rests > 1) await round({ 0: () => unlink(file).catch(() => undefined) });
    await slept();
    stop();
    await expect(ended).resolves.toBeUndefined();
  }
});
