import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { changeOf } from '../../src/admin/change.ts';
import { makeHistory, MOST_CHANGES } from '../../src/admin/history.ts';
import { readHistory, writeHistory } from '../../src/admin/history-file.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'history-'));
  folders.push(folder);
  return folder;
}

test('the last fifty changes outlive a restart, and their numbers go on', async () => {
  const folder = await makeFolder();
  await expect(readHistory(folder)).resolves.toEqual({ changes: [] });
  const history = makeHistory([]);
  for (let i = 0; i < MOST_CHANGES + 5; i++)
    history.add(changeOf({ at: i, result: 'reload', reasons: [{ code: 'backend-new', subject: 'b', detail: '' }] }));
  await writeHistory(folder, history.all());
  expect((await stat(path.join(folder, 'history.json'))).mode & 0o777).toBe(0o600);
  const { changes } = await readHistory(folder);
  expect(changes).toEqual(history.all());
  expect(changes).toHaveLength(MOST_CHANGES);
  expect(makeHistory(changes).add(changeOf({ at: 99, result: 'commands' }))?.id).toBe(MOST_CHANGES + 6);
});

test.each(['', '{"version":1', '{"version":2,"changes":[]}', '{"version":1,"changes":[{"id":1}]}'])(
  'a file that is not what was written is told of, and the history begins anew: %s',
  async (text) => {
    const folder = await makeFolder();
    await writeFile(path.join(folder, 'history.json'), text);
    await expect(readHistory(folder)).resolves.toEqual({ changes: [], trouble: expect.stringContaining('it is not what was written') });
    await writeHistory(folder, []);
    await expect(readFile(path.join(folder, 'history.json'), 'utf8')).resolves.toBe('{"version":1,"changes":[]}\n');
  },
);

test('a change names the first things and counts the others, and each reason once', () => {
  const reasons = Array.from({ length: 30 }, (_, i) => ({ code: 'server-gone' as const, subject: 'shop_10004', detail: `server ${i}` }));
  expect(changeOf({ at: 0, result: 'commands', ms: 2, reasons })).toMatchObject({
    why: [{ code: 'server-gone', text: 'a task does not serve any more' }],
    what: expect.arrayContaining(['shop_10004: server 19']),
    more: 10,
  });
});
