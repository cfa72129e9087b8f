import { expect, test } from '@jest/globals';
import { lstat, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Document } from '../../src/model/document.ts';
import { FilesOnDisk } from '../../src/drive/files.ts';
import { recordLog } from '../source/server.ts';
import { made, makeFolder, makeRig, textOf, there } from './files-rig.ts';

test('the first document is put in place unchecked, and taken away again', async () => {
  const { files, config, asked } = await makeRig();
  await files.putFirst(made('one', { 'a.acme.org': 'a' }));
  expect(await there(join(config, '..'))).toEqual(['domain2backend.map', 'haproxy.cfg']);
  expect(asked).toEqual([]);
  await files.withdraw();
  await expect(files.fingerprint()).resolves.toBe('none');
  expect(await there(join(config, '..'))).toEqual([]);
});

test('a document is looked at by HAProxy, then it is in its place, maps beside it, and nothing else', async () => {
  const { files, config, asked } = await makeRig();
  await expect(files.fingerprint()).resolves.toBe('none');
  await expect(files.put(made('one', { 'a.acme.org': 'a' }))).resolves.toEqual({ ok: true });
  await expect(textOf(config)).resolves.toBe('one\n');
  await expect(textOf(join(config, '../domain2backend.map'))).resolves.toBe('a.acme.org a\n');
  await expect(there(join(config, '..'))).resolves.toEqual(['domain2backend.map', 'haproxy.cfg']);
  expect(asked).toHaveLength(1);
});

test('a candidate is looked at in a folder of its own, with its own maps', async () => {
  const { files, config, asked } = await makeRig();
  const folder = join(config, '..');
  const lines = `use_backend %[map(${folder}/domain2backend.map)] if { map(${folder}/domain2backend.map) -m found } # ${folder}/other.map`;
  await files.put(made(lines, { 'a.acme.org': 'a' }));
  const candidate = join(folder, '.haproxy.cfg.candidate');
  const inCandidate = lines.replaceAll(`${folder}/domain2backend.map`, `${candidate}/domain2backend.map`);
  expect(asked).toEqual([
    { file: join(candidate, 'haproxy.cfg'), text: `${inCandidate}\n`, beside: ['domain2backend.map', 'haproxy.cfg'] },
  ]);
  await expect(textOf(config)).resolves.toBe(`${lines}\n`);
});

test('one that HAProxy refuses: the files stay, the candidate is gone, the lines name the place where it would stand', async () => {
  const rig = await makeRig();
  const { files, config } = rig;
  await files.put(made('good', { 'a.acme.org': 'a' }));
  const before = await files.fingerprint();
  const candidate = join(config, '../.haproxy.cfg.candidate/haproxy.cfg');
  rig.answer = { ok: false, lines: [`[ALERT] (1) : parsing [${candidate}:1] : unknown`] };
  const verdict = await files.put(made('bad', { 'b.acme.org': 'b' }));
  expect(verdict).toEqual({ ok: false, lines: [`[ALERT] (1) : parsing [${config}:1] : unknown`] });
  await expect(textOf(config)).resolves.toBe('good\n');
  await expect(files.fingerprint()).resolves.toBe(before);
  await expect(there(join(config, '..'))).resolves.toEqual(['domain2backend.map', 'haproxy.cfg']);
});

test('when HAProxy can not be asked, the candidate is gone as well', async () => {
  const { files, config } = await makeRig({ check: () => Promise.reject(new Error('there is no haproxy')) });
  await expect(files.put(made('one'))).rejects.toThrow('there is no haproxy');
  await expect(there(join(config, '..'))).resolves.toEqual([]);
});

test('what stands in its place is neither looked at nor written again', async () => {
  const { files, config, asked, stateDir } = await makeRig();
  await files.put(made('one', { 'a.acme.org': 'a' }));
  await expect(files.put(made('one', { 'a.acme.org': 'a' }))).resolves.toEqual({ ok: true });
  expect(asked).toHaveLength(1);
  await expect(there(join(stateDir, 'archive'))).resolves.toEqual([]);
  await files.put(made('one', { 'a.acme.org': 'b' }));
  expect(asked).toHaveLength(2);
  await expect(textOf(join(config, '../domain2backend.map'))).resolves.toBe('a.acme.org b\n');
});

test('a file that was edited by hand is replaced', async () => {
  const { files, config } = await makeRig();
  await files.put(made('one'));
  await writeFile(config, 'by hand\n');
  await files.put(made('one'));
  await expect(textOf(config)).resolves.toBe('one\n');
});

test('maps are in their place before the configuration that needs them', async () => {
  const { files, config } = await makeRig();
  await mkdir(`${config}.new`); // so that the configuration can't be written
  await expect(files.put(made('one', { 'a.acme.org': 'a' }))).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(textOf(join(config, '../domain2backend.map'))).resolves.toBe('a.acme.org a\n');
});

test('under --skip-validation haproxy -c is not run', async () => {
  const { files, config, asked } = await makeRig({ check: undefined });
  await files.put(made('one'));
  expect(asked).toEqual([]);
  await expect(textOf(config)).resolves.toBe('one\n');
});

test('the latest few configurations are archived', async () => {
  const { files, stateDir } = await makeRig();
  for (const line of ['one', 'two', 'three', 'four']) await files.put(made(line));
  const archive = join(stateDir, 'archive');
  const versions = await there(archive);
  expect(versions.every((file) => /^haproxy\.cfg\.2026-01-01T00\d{4}\.000Z$/.test(file))).toBe(true);
  await expect(Promise.all(versions.map((file) => textOf(join(archive, file))))).resolves.toEqual(['two\n', 'three\n']);
});

test('files of others in the archive stay', async () => {
  const { files, stateDir } = await makeRig({ archiveVersions: 1 });
  await mkdir(join(stateDir, 'archive'), { recursive: true });
  await writeFile(join(stateDir, 'archive', 'notes'), '');
  for (const line of ['one', 'two', 'three']) await files.put(made(line));
  await expect(there(join(stateDir, 'archive'))).resolves.toEqual([expect.stringMatching(/^haproxy\.cfg\./), 'notes']);
});

test('with --archive-versions 0 there is no archive', async () => {
  const { files, stateDir } = await makeRig({ archiveVersions: 0 });
  for (const line of ['one', 'two']) await files.put(made(line));
  await expect(there(stateDir)).resolves.toEqual([]);
});

test('restore puts the confirmed files back, maps included', async () => {
  const { files, config } = await makeRig();
  await expect(files.restore()).resolves.toBe(false);
  await files.put(made('good', { 'a.acme.org': 'a' }));
  await expect(files.restore()).resolves.toBe(false); // it has not been confirmed
  const good = await files.fingerprint();
  await files.confirm();
  await files.put(made('worse', { 'b.acme.org': 'b' }));
  await expect(files.fingerprint()).resolves.not.toBe(good);
  await expect(files.restore()).resolves.toBe(true);
  await expect(textOf(config)).resolves.toBe('good\n');
  await expect(textOf(join(config, '../domain2backend.map'))).resolves.toBe('a.acme.org a\n');
  await expect(files.fingerprint()).resolves.toBe(good);
});

test('a later daemon restores what an earlier one confirmed', async () => {
  const { files, config, stateDir } = await makeRig();
  await files.put(made('good'));
  await files.confirm();
  await writeFile(config, 'broken');
  const later = new FilesOnDisk({ config, stateDir, archiveVersions: 0, check: undefined, now: Date.now, log: recordLog().log });
  await expect(later.restore()).resolves.toBe(true);
  await expect(textOf(config)).resolves.toBe('good\n');
});

test.each<[string, Document, boolean]>([
  ['the same text', made('one', { a: 'b' }), true],
  ['another line', made('two', { a: 'b' }), false],
  ['another map', made('one', { a: 'c' }), false],
  ['no map', made('one'), false],
  ['a text that moves from one file to another', made('one\na b', {}), false],
])('the fingerprint tells what stands there: %s', async (_, other, same) => {
  const [first, second] = [await makeRig(), await makeRig()];
  await first.files.put(made('one', { a: 'b' }));
  await second.files.put(other);
  expect((await first.files.fingerprint()) === (await second.files.fingerprint())).toBe(same);
});

test("a state folder that can't be written only causes a warning", async () => {
  const { files, config, stateDir, lines } = await makeRig();
  await files.put(made('one'));
  await rm(stateDir, { recursive: true, force: true });
  await writeFile(stateDir, 'a file'); // so that nothing can be made in it, not even by root
  await expect(files.put(made('two'))).resolves.toEqual({ ok: true });
  await expect(textOf(config)).resolves.toBe('two\n');
  await files.confirm();
  expect(lines).toEqual([
    expect.stringMatching(/^warn the previous configuration could not be archived .*(ENOTDIR|EEXIST)/),
    expect.stringMatching(/^warn the configuration that HAProxy runs could not be copied.*(ENOTDIR|EEXIST)/),
  ]);
});

test('a state folder that is gone is made again', async () => {
  const { files, stateDir } = await makeRig();
  await files.put(made('one'));
  await rm(stateDir, { recursive: true, force: true });
  await files.put(made('two'));
  await files.confirm();
  await expect(there(stateDir)).resolves.toEqual(['archive', 'confirmed', 'served']);
});

test('the leftover candidate of a killed process is removed', async () => {
  const { files, config, asked } = await makeRig();
  const candidate = join(config, '../.haproxy.cfg.candidate');
  await mkdir(candidate, { mode: 0o700 });
  await writeFile(join(candidate, 'haproxy.cfg'), 'half a li');
  await writeFile(join(candidate, 'haproxy.cfg.new'), 'half a li');
  await files.put(made('one'));
  expect(asked.map(({ text }) => text)).toEqual(['one\n']);
  await expect(there(join(config, '..'))).resolves.toEqual(['haproxy.cfg']);
});

test('a folder of the configuration that is gone: it rejects, and goes on when it is back', async () => {
  const { files, config } = await makeRig();
  await files.put(made('one'));
  const folder = join(config, '..');
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'a file');
  await expect(files.put(made('two'))).rejects.toThrow(/ENOTDIR|EEXIST/);
  await rm(folder);
  await rename(`${folder}-away`, folder);
  await expect(textOf(config)).resolves.toBe('one\n');
  await expect(files.put(made('two'))).resolves.toEqual({ ok: true });
});

test('a configuration that is a link stays one; maps stand beside the link', async () => {
  const { files, config } = await makeRig();
  const real = join(config, '../../real.cfg');
  await writeFile(real, 'of the operator\n');
  await symlink(real, config);
  await files.put(made('one', { 'a.acme.org': 'a' }));
  expect((await lstat(config)).isSymbolicLink()).toBe(true);
  await expect(textOf(real)).resolves.toBe('one\n');
  await expect(there(join(config, '..'))).resolves.toEqual(['domain2backend.map', 'haproxy.cfg']);
});

test('a relative path of the configuration: a candidate is looked at with its own maps', async () => {
  const folder = await makeFolder();
  const maps = join(folder, 'etc');
  await mkdir(maps);
  const { files, asked } = await makeRig({ config: relative(process.cwd(), join(maps, 'haproxy.cfg')) });
  await files.put(made(`map(${maps}/domain2backend.map)`, { 'a.acme.org': 'a' }));
  expect(asked.map(({ text }) => text)).toEqual([`map(${maps}/.haproxy.cfg.candidate/domain2backend.map)\n`]);
});

test('the files that HAProxy served last are known by a note, also after a write for what it took at runtime; others are not', async () => {
  const { files, config, stateDir } = await makeRig();
  await expect(files.wasServed()).resolves.toBe(false);
  await files.put(made('a'));
  await expect(files.wasServed()).resolves.toBe(false); // only checked
  await files.confirm();
  await expect(files.wasServed()).resolves.toBe(true);
  await files.write(made('b'));
  await expect(files.wasServed()).resolves.toBe(true);
  await writeFile(config, 'c\n');
  await expect(files.wasServed()).resolves.toBe(false);
  await files.write(made('b'));
  const old = new Date(Date.UTC(2025, 11, 24));
  await utimes(join(stateDir, 'served'), old, old);
  await expect(files.wasServed()).resolves.toBe(false);
});

test('a map that the next configuration does not have goes with the one that reads it, so that the files are those that were written', async () => {
  const { files, config, stateDir } = await makeRig();
  const folder = join(config, '..');
  await writeFile(join(folder, 'app2backend.map'), 'of somebody else\n');
  const rows = new Map([['a/rate', '5' as never]]);
  const limited = made(`map(${folder}/limits.map) map(${folder}/route-host.map)`);
  await files.put({ ...limited, maps: { 'limits.map': rows, 'route-host.map': new Map(), 'route-wildcard.map': new Map() } });
  await files.confirm();
  await files.put(made('a'));
  expect(await there(folder)).toEqual(['app2backend.map', 'haproxy.cfg']);
  await files.restore();
  expect(await there(folder)).toEqual(['app2backend.map', 'haproxy.cfg', 'limits.map', 'route-host.map', 'route-wildcard.map']);
  await rm(join(folder, 'app2backend.map'));
  expect(await files.write(made('a'))).toBe(await files.fingerprint());
  await files.confirm();
  expect(await there(join(stateDir, 'confirmed'))).toEqual(['haproxy.cfg']);
});
