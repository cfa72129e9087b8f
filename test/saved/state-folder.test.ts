import { expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readSaved, writeSaved, type Saved } from '../../src/saved/state-folder.ts';
import type { Holder } from '../../src/model/holder.ts';
import type { AppId, TaskId } from '../../src/model/names.ts';
import type { App, Definition, Snapshot } from '../../src/model/snapshot.ts';
import { decodeAll, readCases } from '../golden/cases.ts';
import { check, definition, port, task } from '../services/make.ts';
import { makeFolders } from '../lib/folder.ts';
import { now } from '../../src/lib/clock.ts';

const makeFolder = makeFolders('known');
const SAVED = Date.parse('2026-01-02T03:04:05.678Z');
const appOf = (id: string, of: Partial<Definition> = {}, rest: Partial<App> = {}): App => {
  const own = definition({ ...of, id: id as AppId });
  return { id: own.id, definition: own, instances: 1, version: undefined, scaledAt: undefined, tasks: [], ...rest };
};
const old = definition({
  ports: [port({ container: undefined, service: undefined, udp: true, name: 'dns' })],
  checks: [check({ at: undefined })],
});

/** One of everything. */
const SNAPSHOT: Snapshot = {
  apps: [
    appOf('/a', { labels: { HAPROXY_0_VHOST: 'ü.acme.org', HAPROXY_0_BACKEND_HEAD: 'a\n\r\u2028\u2029\u0000"\\\ud800' } }),
    appOf('/b', { checks: [check(), check({ at: { port: 8080 } })], changedAt: '2017-07-19T17:34:41.967Z' }, { deploying: true }),
    appOf(
      '/c',
      { network: 'container' },
      {
        version: '2017-07-19T17:34:41.967Z',
        scaledAt: '2018-07-19T17:34:41.967Z',
        tasks: [
          task({
            id: 'c.1',
            hostPorts: [undefined, 31001],
            addresses: ['192.168.84.1', 'fd00::1'],
            health: 'failing',
            readiness: 'not-ready',
          }),
          task({ id: 'c.2', agent: '7b2d-S1', hostAddress: undefined, version: 'v', startedAt: 1_500_000_000_000, overdue: true, of: old }),
        ],
      },
    ),
  ],
  problems: [
    { code: 'app-not-readable', owner: { by: 'app', app: '/x' as AppId }, message: 'no', hint: 'mend it' },
    { code: 'app-not-readable', owner: { by: 'operator' }, message: 'no', hint: 'mend it' },
  ],
};
const HOLDERS: readonly Holder[] = [
  { app: '/a' as AppId, index: 0, holds: ['name a_10000', 'bind *:10000'] },
  { app: '/shop' as AppId, author: '/shop-blue' as AppId, index: 1, holds: ['route shop.acme.org 0 '] },
];
const KNOWN: Saved = { savedAt: SAVED, snapshot: SNAPSHOT, holders: HOLDERS };

async function written(known: Saved = KNOWN): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = await makeFolder();
  await writeSaved(folder, known);
  return { folder, file: path.join(folder, 'known.json') };
}

test('what was written is read, to the last key', async () => {
  const { folder } = await written();
  expect(await readSaved(folder, () => SAVED)).toStrictEqual({ saved: KNOWN });
});

test('so is every app of the golden cases', async () => {
  for (const { apps } of readCases()) {
    const snapshot = decodeAll(apps);
    const ordered = { ...snapshot, apps: [...snapshot.apps].sort((a, b) => (a.id < b.id ? -1 : 1)) };
    const { folder } = await written({ savedAt: SAVED, snapshot: ordered, holders: [] });
    expect(await readSaved(folder, () => SAVED)).toStrictEqual({ saved: { savedAt: SAVED, snapshot: ordered, holders: [] } });
  }
});

test('nothing is known, and nothing was written', async () => {
  const empty = { savedAt: SAVED, snapshot: { apps: [], problems: [] }, holders: [] };
  expect(await readSaved((await written(empty)).folder, () => SAVED)).toStrictEqual({ saved: empty });
  expect(await readSaved(await makeFolder(), now)).toEqual({});
  expect(await readSaved('/nowhere/at/all', now)).toEqual({});
});

test('the file is one JSON, an app a line, and nobody else may read it', async () => {
  const { folder, file } = await written();
  const text = await readFile(file, 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version: 1, savedAt: SAVED, apps: [{ id: '/a' }, { id: '/b' }, { id: '/c' }] });
  expect(text.split('\n')).toHaveLength(1 + 3 + 1 + 1);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeSaved(folder, { ...KNOWN, snapshot: { apps: [], problems: [] } });
  expect([await readdir(folder), (await readSaved(folder, () => SAVED)).saved?.snapshot.apps]).toEqual([['known.json'], []]);
});

test('an estate larger than a piece of the file, with apps larger than one', async () => {
  const many = Array.from({ length: 400 }, (_, n) => task({ id: `b.${String(n).padStart(4, '0')}` as TaskId }));
  const apps = Array.from({ length: 1_000 }, (_, n) => appOf(`/ä-${String(n).padStart(4, '0')}`));
  const known = { savedAt: SAVED, snapshot: { apps: [appOf('/b', {}, { tasks: many }), ...apps], problems: [] }, holders: [] };
  const { folder, file } = await written(known);
  expect((await stat(file)).size).toBeGreaterThan(256 * 1024);
  expect(await readSaved(folder, () => SAVED)).toStrictEqual({ saved: known });
});

type Spoil = (text: string) => string;
const replace =
  (from: string, to: string): Spoil =>
  (text) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };

/** {what is done to the file} -> what is said. */
test.each<[string, Spoil, string]>([
  ['empty', () => '', 'it ends too early'],
  ['cut in the head', (text) => text.slice(0, 20), 'the first line is not JSON'],
  ['cut behind the head', (text) => text.slice(0, text.indexOf('\n')), 'it ends too early'],
  ['cut in an app', (text) => text.slice(0, text.indexOf('\n') + 40), 'the line after the first one is not JSON'],
  ['cut behind an app', (text) => text.slice(0, text.lastIndexOf(']}')), 'it ends too early'],
  ['something behind it', (text) => `${text}{}`, 'there is more text after its end'],
  ['of a later version', replace('"version":1', '"version":2'), 'its format is version 2, not 1'],
  ['another head', replace('"savedAt"', '"at"'), 'the first line is not what was written'],
  ['no JSON at all', () => 'hello', 'the first line is not JSON'],
  ['another JSON', () => '{"x":[]}', 'the first line is not JSON'],
  ['zeros', () => '\0'.repeat(100_000), 'the first line is not JSON'],
  [
    'an app without instances',
    replace('"instances":1', '"instances":"1"'),
    'the line after the first one is not an app as this program writes it: instances',
  ],
  [
    'a task of an unknown health',
    replace('"health":"failing"', '"health":"well"'),
    'the line after /b is not an app as this program writes it: tasks.0.health',
  ],
  ['apps out of order', replace('{"id":"/b"', '{"id":"/A"'), 'the line after /a is out of order'],
])('a file that is damaged is set aside, and said to be so: %s', async (_, spoil, words) => {
  const { folder, file } = await written();
  await writeFile(file, spoil(await readFile(file, 'utf8')));
  expect(await readSaved(folder, () => SAVED)).toEqual({
    trouble: `${file} can't be used, so this start goes without it: ${words}; it was renamed to known.json.damaged-20260102T030405Z`,
  });
  expect(await readdir(folder)).toEqual(['known.json.damaged-20260102T030405Z']);
  expect(await readSaved(folder, () => SAVED)).toEqual({});
  await writeSaved(folder, KNOWN);
  expect(await readSaved(folder, () => SAVED)).toStrictEqual({ saved: KNOWN });
});

test('who only looks leaves a damaged file where it is', async () => {
  const folder = await makeFolder();
  await writeFile(path.join(folder, 'known.json'), '{');
  expect((await readSaved(folder, () => SAVED, 'leave')).trouble).toMatch(/known\.json can't be used/);
  expect(await readdir(folder)).toEqual(['known.json']);
});

test('a file cut at every length is damaged or, but for its last line end, whole', async () => {
  const { folder, file } = await written({ savedAt: SAVED, snapshot: { apps: [appOf('/a')], problems: [] }, holders: [] });
  const text = await readFile(file, 'utf8');
  for (let length = 0; length <= text.length; length += 1) {
    await writeFile(file, text.slice(0, length));
    const { saved } = await readSaved(folder, () => SAVED);
    expect(saved !== undefined).toBe(length >= text.length - 1);
  }
});

test('what is far too large is not read', async () => {
  const { folder, file } = await written();
  await truncate(file, 400_000_001);
  expect((await readSaved(folder, () => SAVED)).trouble).toContain('its size of 400000001 bytes');
});

test('a folder in its place, which can be set aside', async () => {
  const folder = await makeFolder();
  await mkdir(path.join(folder, 'known.json'));
  expect((await readSaved(folder, () => SAVED)).trouble).toMatch(/EISDIR.*it was renamed to known\.json\.damaged-/);
});

test('a folder that can not be written: it rejects, and what was there stays', async () => {
  const { folder } = await written();
  await mkdir(path.join(folder, `known.json.new`));
  await expect(writeSaved(folder, { ...KNOWN, savedAt: 1 })).rejects.toThrow('EISDIR');
  expect((await readSaved(folder, () => SAVED)).saved?.savedAt).toBe(SAVED);
});

test('what is older than a week is left where it is, and not used but for who held what', async () => {
  const { folder, file } = await written();
  const week = 7 * 24 * 3_600_000;
  expect((await readSaved(folder, () => SAVED + week)).saved).toBeDefined();
  expect(await readSaved(folder, () => SAVED + week + 1)).toEqual({
    holders: HOLDERS,
    trouble: `${file} is more than a week old (2026-01-02T03:04:05.678Z), so this start does not use it`,
  });
  expect(await readdir(folder)).toEqual(['known.json']);
});
