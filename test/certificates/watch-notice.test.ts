import { afterEach, expect, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeFile, type FileVerdict } from '../../src/certificates/judge.ts';
import { sha256 } from '../../src/certificates/pem-file.ts';
import { watchCertificates } from '../../src/certificates/watch.ts';
import { sleep } from '../../src/lib/clock.ts';
import { makeFolders } from '../lib/folder.ts';
import { makeParts } from './pem.ts';

const makeFolder = makeFolders('certificate-notice');
const [own, other] = await Promise.all([makeParts('a.org', { keyType: 'ec' }), makeParts('b.org', { keyType: 'ec' })]);
const [pem, renewed] = [own.certificate + own.key, other.certificate + other.key];
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function makeFile(): Promise<string> {
  const file = join(await makeFolder(), 'a.pem');
  await writeFile(file, pem);
  return file;
}

test('where the system says that a folder has changed, nothing waits for the next look', async () => {
  const file = await makeFile();
  const ending = new AbortController();
  const looked = new EventEmitter();
  const known = await judgeFile(file);
  const told = new Promise<FileVerdict | undefined>((resolve) => {
    const ended = watchCertificates({
      files: () => [file],
      known: () => known,
      everyMs: 3_600_000,
      sleep: (ms, signal) => (looked.emit('rest', ms), sleep(ms, signal)),
      now: Date.now,
      isNoticed: true,
      signal: ending.signal,
      changed: (verdicts) => { resolve(verdicts.get(file)); }, // prettier-ignore
    });
    ends.push(async () => {
      ending.abort();
      await ended;
    });
  });
  for (let ms = 0; ms < 10_000;) [ms = 0] = (await once(looked, 'rest')) as [number];
  await writeFile(`${file}.new`, renewed);
  await rename(`${file}.new`, file);
  await expect(told).resolves.toMatchObject({ usable: true, fingerprint: sha256(renewed) });
});

test('a file whose file system does not answer is told once, and nothing else waits for it', async () => {
  const file = await makeFile();
  const [ending, hanging, told] = [new AbortController(), [] as string[], [] as string[]];
  let [rounds, steady] = [0, 0];
  await watchCertificates({
    files: () => [file, '/mnt/gone.pem'],
    pathsOf: (one) => (one === file ? Promise.resolve([file]) : new Promise(() => undefined)),
    sleep: (ms) => {
      steady += ms;
      if (++rounds === 5) ending.abort();
      return Promise.resolve();
    },
    now: Date.now,
    steady: () => steady,
    hangs: (one) => hanging.push(one),
    deadlineMs: 50,
    signal: ending.signal,
    changed: (verdicts) => told.push(...verdicts.keys()),
  });
  expect(hanging).toEqual(['/mnt/gone.pem']);
  expect(told).toEqual([file]);
});

test('however long it took to look into all files, what the system says of one is looked at within a second', async () => {
  const file = await makeFile();
  const [ending, rests] = [new AbortController(), [] as number[]];
  let [steady, judged] = [0, 0];
  await watchCertificates({
    files: () => [file],
    judge: (one) => {
      steady += 60_000; // so long do a great many take
      judged += 1;
      if (judged === 2) ending.abort();
      return judgeFile(one);
    },
    everyMs: 36_000_000,
    sleep: async (ms, signal) => {
      if (ms > 20_000_000) {
        const woken = once(signal, 'abort');
        await writeFile(file, renewed);
        await woken;
        rests.length = 0;
      } else {
        rests.push(ms);
        steady += ms;
      }
    },
    now: Date.now,
    steady: () => steady,
    isNoticed: true,
    signal: ending.signal,
    changed: () => undefined,
  });
  expect(judged).toBe(2);
  expect(rests.length).toBeGreaterThan(0);
  expect(Math.max(...rests)).toBeLessThanOrEqual(1_000);
});
