import { expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { FilesOnDisk } from '../../src/apply/files.ts';
import { makeFolder } from '../../src/lib/folders.ts';
import { sentence } from '../../src/lib/sentence.ts';
import { makeFolders } from '../apply/folder.ts';
import { document, section } from '../haproxy/make.ts';
import { recordLog } from '../source/server.ts';

const newFolder = makeFolders('at-once');
test('two that make one folder at once', async () => {
  for (let i = 0; i < 50; i++) {
    const d = await newFolder();
    await expect(Promise.all([1, 2, 3].map(() => makeFolder(join(d, 'a/b/c'))))).resolves.toHaveLength(3);
  }
});
test('an executable file in its place', async () => {
  const f = join(await newFolder(), 'x');
  await writeFile(f, '', { mode: 0o755 });
  await expect(makeFolder(f)).rejects.toThrow('is no folder');
});
test('sentence of a circular object does not throw', () => {
  const a: Record<string, unknown> = {};
  a['a'] = a;
  expect(() => sentence(a)).not.toThrow();
});
test('a relative --haproxy-config with ..: the candidate is checked with its own maps', async () => {
  const d = await newFolder();
  await mkdir(join(d, 'etc'));
  let seen = '';
  const check = async (f: string) => {
    seen = await readFile(f, 'utf8');
    return { ok: true } as const;
  };
  const config = relative(process.cwd(), join(d, 'etc/haproxy.cfg'));
  const { log } = recordLog();
  await new FilesOnDisk({ config, stateDir: join(d, 's'), archiveVersions: 0, check, now: () => new Date(), log }).put(
    document({ front: [section('x', `map(${d}/etc/domain2backend.map)\n`)], maps: { 'domain2backend.map': { a: 'b' } } }),
  );
  expect(seen).toContain('.haproxy.cfg.candidate/domain2backend.map');
});
