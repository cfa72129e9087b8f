import { expect, test } from '@jest/globals';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeFile } from '../../src/certificates/judge.ts';
import { certificateProblems, chooseCertificates, makeOwnAgain, nameCertificates } from '../../src/certificates/choose.ts';
import { nameFile } from '../../src/certificates/name-file.ts';
import type { AppId } from '../../src/model/names.ts';
import { makeFolders } from '../lib/folder.ts';
import { makePem } from './pem.ts';

const makeFolder = makeFolders('certificates');
const pem = await makePem('own.org', { keyType: 'ec' });

/** Without any given as text. */
const choose = (wanted: readonly string[], stateDir: string) => chooseCertificates({ wanted, env: {}, stateDir });

test('files are taken as they are, and as soon as there is a folder each file of it by itself', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'cert.pem');
  await writeFile(file, pem);
  await expect(choose([file], join(folder, 'state'))).resolves.toMatchObject({ files: [file], isListed: false, spoiled: [] });
  const { files, problems, contents, verdicts, isListed, shared } = await choose([file, folder], join(folder, 'state'));
  expect({ files, problems, isListed, shared }).toEqual({ files: [file], problems: [], isListed: true, shared: [file, folder] });
  const fingerprint = createHash('sha256').update(pem).digest('hex');
  expect(contents).toMatchObject([
    { file, fingerprint },
    { file: folder, fingerprint: expect.any(String) },
  ]);
  expect(contents.map(({ shelves }) => shelves)).toMatchObject([
    [{ name: file, kind: 'file', pems: [{ path: file }] }],
    [{ name: folder, kind: 'folder', pems: [{ path: join(folder, 'cert.pem') }] }],
  ]);
  expect(verdicts).toEqual(new Map([[file, await judgeFile(file)], [folder, await judgeFile(folder)]])); // prettier-ignore
  await expect(readdir(folder)).resolves.toEqual(['cert.pem', 'state']);
});

test('one that can not be used is left out, and is a Problem', async () => {
  const folder = await makeFolder();
  const [file, missing, bad] = [join(folder, 'cert.pem'), join(folder, 'missing.pem'), join(folder, 'bad.pem')];
  await writeFile(file, pem);
  await writeFile(bad, pem.replaceAll('\n', '\\n'));
  const { files, problems, contents } = await choose([missing, bad, file], join(folder, 'state'));
  expect(files).toEqual([file]);
  expect(contents).toMatchObject([{ file }]);
  const told = { code: 'certificate', owner: { by: 'operator' }, hint: expect.any(String) };
  expect(problems).toEqual([
    { ...told, message: `the certificate ${missing} can't be read: there is no such file, so it is left out` },
    { ...told, message: `the certificate ${bad} has \\n as two characters where its lines should end, so it is left out` },
  ]);
});

test('of a folder the good ones are served, one by one', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'cert.pem');
  await writeFile(file, pem);
  const many = join(folder, 'many');
  await mkdir(many);
  for (const name of ['a', 'b', 'c']) await writeFile(join(many, name), name === 'b' ? '' : pem);
  const few = await choose([many, file], join(folder, 'state'));
  expect(few.files).toEqual([join(many, 'a'), join(many, 'c'), file]);
  expect(few).toMatchObject({ isListed: true, spoiled: [join(many, 'b')] });
  expect(few.problems.map(({ message }) => message)).toEqual([
    `the certificate ${join(many, 'b')} is empty, so it is left out; what HAProxy has of it stays until the next reload`,
  ]);
  for (let i = 0; i < 20; i++) await writeFile(join(many, `${i}`), pem);
  const { files, problems } = await choose([many, file], join(folder, 'state'));
  expect(files).toHaveLength(23);
  expect(files.slice(-2)).toEqual([join(many, 'c'), file]);
  expect(problems.map(({ message }) => message)).toEqual([
    `the certificate ${join(many, 'b')} is empty, so it is left out; what HAProxy has of it stays until the next reload`,
  ]);
});

test('one that has expired is served, and is a Problem', async () => {
  const file = join(await makeFolder(), 'cert.pem');
  const [notBeforeDate, notAfterDate] = [new Date('2020-01-01'), new Date('2020-02-01')];
  await writeFile(file, await makePem('a.org', { keyType: 'ec', notBeforeDate, notAfterDate }));
  const { files, problems } = await choose([file], join(file, '..', 'state'));
  expect(files).toEqual([file]);
  expect(problems).toMatchObject([{ code: 'certificate', message: `the certificate ${file} has expired at 2020-02-01T00:00:00Z` }]);
});

test('what an app’s label names is told to the app', async () => {
  const owner = { by: 'app', app: '/shop' as AppId, index: 0 } as const;
  const label = 'HAPROXY_0_SSL_CERT';
  const verdict = await judgeFile('/no/such.pem');
  const problems = certificateProblems({ file: '/no/such.pem', verdict, owner, label, effect: 'its port is bound without TLS' });
  expect(problems).toMatchObject([{ owner, label, message: expect.stringMatching(/no such file, so its port is bound without TLS$/) }]);
});

test('where there is none, one of our own: a certificate with its key, for nobody else to read, made once', async () => {
  const state = join(await makeFolder(), 'a', 'state');
  const { files, problems } = await choose(['/no/such.pem'], state);
  const own = join(state, 'self-signed.pem');
  expect(files).toEqual([own]);
  expect(problems).toMatchObject([
    { code: 'certificate', message: expect.stringContaining(`${own}, which no client trusts, is used instead`) },
  ]);
  expect((await stat(own)).mode & 0o777).toBe(0o600);

  const made = await readFile(own, 'utf8');
  expect(made).not.toContain('\n\n'); // an empty line ends a payload of HAProxy's
  const certificate = new X509Certificate(made);
  expect(certificate.checkPrivateKey(createPrivateKey(made))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBeGreaterThan(3600 * 86_400_000);

  await choose([], state);
  await expect(readFile(own, 'utf8')).resolves.toBe(made);
  await expect(readdir(state)).resolves.toEqual(['self-signed.pem']);
});

test('it is made again when it is damaged', async () => {
  const state = await makeFolder();
  const own = join(state, 'self-signed.pem');
  await writeFile(own, pem.slice(0, 300));
  await expect(choose([], state)).resolves.toMatchObject({ files: [own], problems: [] });
  await expect(judgeFile(own)).resolves.toMatchObject({ usable: true });
});

test('it is not made as long as there is another', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'cert.pem');
  await writeFile(file, pem);
  await choose([file], join(folder, 'state'));
  await expect(readdir(join(folder, 'state'))).resolves.toEqual(['certificates']);
});

test('a state folder that can not be made is told', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'file'), '');
  await expect(choose([], join(folder, 'file', 'state'))).rejects.toThrow('ENOTDIR');
});

test('those given as text are written, and follow the files that are named', async () => {
  const folder = await makeFolder();
  const [named, first, second] = [join(folder, 'named.pem'), join(folder, 'ssl', 'cert.pem'), join(folder, 'ssl', 'cert7.pem')];
  await writeFile(named, pem);
  const env = { HAPROXY_SSL_CERT: await makePem('a.org'), HAPROXY_SSL_CERT7: await makePem('b.org') };
  const parts = { env, stateDir: folder, folder: join(folder, 'ssl') };
  await expect(chooseCertificates({ wanted: [named], ...parts })).resolves.toMatchObject({ files: [named, first, second], problems: [] });
  await expect(readFile(second, 'utf8')).resolves.toBe(env.HAPROXY_SSL_CERT7);
  // As by default: the first one is where it is looked for anyway.
  await expect(chooseCertificates({ wanted: [first], ...parts })).resolves.toMatchObject({ files: [first, second], problems: [] });
});

test('when none of them can be used, one of our own', async () => {
  const folder = await makeFolder();
  const parts = { wanted: [], env: { HAPROXY_SSL_CERT: 'none' }, stateDir: folder, folder };
  const { files, problems } = await chooseCertificates(parts);
  expect(files).toEqual([join(folder, 'self-signed.pem')]);
  expect(problems).toMatchObject([{ code: 'certificate', message: expect.stringContaining('HAPROXY_SSL_CERT') }]);
});

test('for --dry they are named, and nothing is written', async () => {
  const folder = await makeFolder();
  const env = { HAPROXY_SSL_CERT0: await makePem('a.org'), HAPROXY_SSL_CERT1: 'none' };
  const { files, problems } = nameCertificates({ wanted: ['/no/such.pem'], env, folder });
  expect(files).toEqual(['/no/such.pem', join(folder, 'cert0.pem')]);
  expect(problems).toHaveLength(1);
  await expect(readdir(folder)).resolves.toEqual([]);
});

test('our own certificate is made again where a configuration names it, and only there', async () => {
  const stateDir = join(await makeFolder(), 'state');
  const [own = ''] = (await choose([], stateDir)).files;
  const before = await readFile(own);
  await makeOwnAgain(`bind :443 ssl crt ${own}\n`, stateDir);
  await expect(readFile(own)).resolves.toEqual(before);
  await rm(stateDir, { recursive: true });
  await makeOwnAgain('bind :443 ssl crt /etc/ssl/cert.pem\n', stateDir);
  await expect(readdir(stateDir)).rejects.toThrow('ENOENT');
  await makeOwnAgain(`bind :443 ssl crt ${own}\n`, stateDir);
  await expect(judgeFile(own)).resolves.toMatchObject({ usable: true });
});

test("marathon-lb's own default file, where nobody has put it, is the certificate of the shared frontend", async () => {
  const stateDir = await makeFolder();
  const missing = { usable: false, serves: [], pems: [], remarks: [], fingerprint: undefined, until: Infinity };
  const name = (file: string) => {
    const faults = [{ file, found: "can't be read: there is no such file", wanted: 'put it there' }];
    return nameFile(file, { ...missing, faults }, { stateDir, shared: ['/state/self-signed.pem'] });
  };
  await expect(name('/etc/ssl/cert.pem')).resolves.toEqual({
    file: '/etc/ssl/cert.pem',
    serves: ['/state/self-signed.pem'],
    fingerprint: undefined,
    faults: [
      {
        message:
          "the certificate /etc/ssl/cert.pem can't be read: there is no such file, so /state/self-signed.pem of the shared https frontend is used instead",
        hint: 'put it there',
      },
    ],
  });
  expect((await name('/etc/ssl/cert7.pem')).serves).toEqual(['/state/self-signed.pem']);
  expect((await name('/etc/ssl/shop.pem')).serves).toEqual([]);
  expect((await name('/home/shop/cert.pem')).serves).toEqual([]);
});

test('a name with a line end makes no line of the list of certificates', async () => {
  const [folder, stateDir] = [await makeFolder(), await makeFolder()];
  await writeFile(join(folder, 'a.pem'), pem);
  await writeFile(join(folder, 'bad.pem'), '');
  await writeFile(join(folder, 'new\nline.pem'), pem);
  const chosen = await choose([folder], stateDir);
  expect(chosen).toMatchObject({ files: [join(folder, 'a.pem')], spoiled: [join(folder, 'bad.pem')] });
  expect(chosen.problems.map(({ message }) => message).join()).toContain('line.pem has a name with');
});
