import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { judgeNamed, pathsOfNamed } from '../../src/certificates/judge-named.ts';
import { FILE_KEYWORDS, fileName, type FileKeyword } from '../../src/model/certificates.ts';
import { makeFolders } from '../lib/folder.ts';
import { makeParts } from './pem.ts';

const makeFolder = makeFolders('named-files');
const run = promisify(execFile);
const own = await makeParts('a.org', { keyType: 'ec' });
const pem = own.certificate + own.key;
const SECRET = 'root:*:20228:0:99999:7:::';

const key = (bytes: number): string => `${Buffer.alloc(bytes, 7).toString('base64')}\n`;

async function put(text: string): Promise<string> {
  const file = join(await makeFolder(), 'file');
  await writeFile(file, text);
  return file;
}

const judge = (keyword: FileKeyword, path: string) => judgeNamed(fileName({ keyword, path }));
const found = async (keyword: FileKeyword, path: string) => (await judge(keyword, path)).faults.map((fault) => fault.found);

test.each(FILE_KEYWORDS)('%s: neither a pipe nor a device is read, nor a file without end', async (keyword) => {
  const folder = await makeFolder();
  const [pipe, large] = [join(folder, 'pipe'), join(folder, 'large')];
  await run('mkfifo', [pipe]);
  await run('truncate', ['-s', '1T', large]);
  await expect(found(keyword, pipe)).resolves.toEqual(["can't be read: it is a pipe, and no regular file"]);
  await expect(found(keyword, '/dev/zero')).resolves.toEqual(["can't be read: it is a device, and no regular file"]);
  await expect(found(keyword, large)).resolves.toEqual([expect.stringMatching(/^can't be read: it has more than (?:\d MB|12000 bytes)$/)]);
  await expect(found(keyword, join(folder, 'missing'))).resolves.toEqual([expect.stringMatching(/^can't be read: there is no such file$/)]);
});

test.each<[FileKeyword, string, string[]]>([
  ['ca-file', own.certificate, []],
  ['ca-file', `${own.certificate}# and\n${own.certificate}`, []],
  ['ca-file', own.key, ['holds no certificate in PEM']],
  ['ca-file', own.certificate.replace('M', ''), ["holds a certificate that can't be read"]],
  ['ca-verify-file', SECRET, ['holds no certificate in PEM']],
  ['ca-sign-file', pem, []],
  ['ca-sign-file', own.certificate, ['does not hold a certificate and its private key in PEM']],
  ['crl-file', '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n', []],
  ['crl-file', SECRET, ['holds no list of revoked certificates in PEM']],
  ['tls-ticket-keys', key(48).repeat(3), []],
  ['tls-ticket-keys', key(80).repeat(4), []],
  ['tls-ticket-keys', key(48).repeat(2), ['does not hold three or more keys of one size in base64, one a line']],
  ['tls-ticket-keys', key(80) + key(48).repeat(2), ['does not hold three or more keys of one size in base64, one a line']],
  ['tls-ticket-keys', SECRET, ['does not hold three or more keys of one size in base64, one a line']],
  ['file', SECRET, []],
  ['page', 'x'.repeat(12_000), []],
  ['page', 'x'.repeat(12_001), ["can't be read: it has more than 12000 bytes"]],
])('%s with a text such as %j', async (keyword, text, faults) => {
  await expect(found(keyword, await put(text))).resolves.toEqual(faults);
});

test('the authorities of the machine itself are no file', async () => {
  await expect(judge('ca-file', '@system-ca')).resolves.toMatchObject({ usable: true, serves: ['@system-ca'] });
});

test('an answer without anything in it is a file', async () => {
  await expect(judge('file', '/dev/null')).resolves.toMatchObject({ usable: true, serves: ['/dev/null'] });
});

test('a folder has a bound', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'a.pem'), pem);
  await expect(judge('crt', folder)).resolves.toMatchObject({ usable: true });
  await expect(judge('ca-file', folder)).resolves.toMatchObject({ usable: true });
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => writeFile(join(folder, `${i}`), '')));
  for (const keyword of ['crt', 'ca-file'] as const)
    await expect(found(keyword, folder)).resolves.toEqual(["can't be read: the folder has more than 1000 files"]);
});

test('what lies beside a certificate, or in a folder of authorities, is not read without end either', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'a.pem'), pem);
  await run('mkfifo', [join(folder, 'a.pem.ocsp')]);
  const wanted = ["can't be read: it is a pipe, and no regular file"];
  await expect(found('crt', join(folder, 'a.pem'))).resolves.toEqual(wanted);
  await expect(found('ca-file', folder)).resolves.toEqual(wanted);
});

test('of a list all files are looked into, and only the number of a line is told', async () => {
  const folder = await makeFolder();
  const [good, ca, list] = ['a.pem', 'ca.pem', 'list'].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(good, pem);
  await writeFile(ca, own.certificate);
  await writeFile(list, `# all of ours\n\n${good} [alpn h2 ca-file ${ca} verify optional] a.org !b.org\n  ${good}\n@store/one\n`);
  const before = await judge('crt-list', list);
  expect(before).toMatchObject({ usable: true, serves: [list], faults: [] });
  await expect(pathsOfNamed(`crt-list ${list}`)).resolves.toEqual(expect.arrayContaining([list, good, `${good}.key`, ca]));
  await writeFile(ca, own.certificate.repeat(2));
  expect((await judge('crt-list', list)).fingerprint).not.toBe(before.fingerprint);
  await rm(ca);
  await expect(found('crt-list', list)).resolves.toEqual(["names a file in line 3 that can't be read: there is no such file"]);
  await writeFile(list, `${folder}\n`);
  await expect(found('crt-list', list)).resolves.toEqual(["names a file in line 1 that can't be read: it is a folder"]);
  await writeFile(list, '# none\n');
  await expect(found('crt-list', list)).resolves.toEqual(['names no certificate']);
});

test.each([SECRET, 'hunter2', '@hunter2', '[default]', 'token = abc', '../../shadow.pem', 'a\0.pem'])(
  'HAProxy would quote the line %j, so it is not given the file as a list of certificates',
  async (text) => {
    const file = join(await makeFolder(), 'list');
    await writeFile(file, `# ours\n${text}\n`);
    await expect(found('crt-list', file)).resolves.toEqual(['names no certificate file in line 2']);
    await writeFile(file, 'shop.pem a.org\nsites/shop.crt [alpn h2]\n@store/one\n \n');
    await expect(judge('crt-list', file)).resolves.toMatchObject({ usable: true, faults: [] });
  },
);

test('a file that holds something else is shown nowhere', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'shadow');
  for (const text of [SECRET, `${SECRET.repeat(20)}/x`, `/etc/passwd/${SECRET}`, `${SECRET}\0`]) {
    await writeFile(file, `${text}\n${text} [ca-file ${text}]\n`);
    for (const keyword of FILE_KEYWORDS) {
      const verdict = await judge(keyword, file);
      expect(JSON.stringify([verdict.faults, verdict.remarks])).not.toContain('20228');
    }
  }
});
