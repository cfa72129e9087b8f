import { beforeAll, expect, test } from '@jest/globals';
import { createPrivateKey } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readGivenCertificates, writeCertificates } from '../../src/certificates/given-as-text.ts';
import { makeFolders } from '../lib/folder.ts';
import { makePem } from './pem.ts';

const makeFolder = makeFolders('given-certificates');
const made: string[] = [];

/** Two certificates, each with its key. */
function pems(): readonly [string, string] {
  const [first = '', second = ''] = made;
  return [first, second];
}

beforeAll(async () => {
  made.push(await makePem('a.org'), await makePem('b.org'));
});

const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*-----END [A-Z ]*PRIVATE KEY-----\n/;
const keyOf = (pem: string): string => KEY.exec(pem)?.[0] ?? '';
const certificateOf = (pem: string): string => pem.replace(KEY, '');

test('the variables of marathon-lb’s container, each with its file, in order', () => {
  const [pem] = pems();
  const env = { HAPROXY_SSL_CERT100: pem, HAPROXY_SSL_CERT2: pem, HAPROXY_SSL_CERT: pem, HAPROXY_SSL_CERT0: pem };
  const { certificates, problems } = readGivenCertificates(env);
  expect(problems).toEqual([]);
  const files = ['/etc/ssl/cert.pem', '/etc/ssl/cert0.pem', '/etc/ssl/cert2.pem', '/etc/ssl/cert100.pem'];
  expect(certificates.map(({ file }) => file)).toEqual(files);
});

test('others, and empty ones, are none', () => {
  const [pem] = pems();
  const env = { HAPROXY_SSL_CERT: '', HAPROXY_SSL_CERT0: ' \n', HAPROXY_SSL_CERT101: pem, HAPROXY_SSL_CERT00: pem, HAPROXY_SSL_CERTS: pem };
  expect(readGivenCertificates(env)).toEqual({ certificates: [], problems: [] });
});

test.each<[string, (pem: string) => string]>([
  ['as it is', (pem) => pem],
  ['with CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with \\n as two characters', (pem) => pem.replaceAll('\n', '\\n')],
  ['with \\r\\n as four characters', (pem) => pem.replaceAll('\n', '\\r\\n')],
  ['with empty lines and none at the end', (pem) => `\n${pem.replace(KEY, '\n\n$&').trimEnd()}`],
])('a text %s', (_, write) => {
  const [pem] = pems();
  const { certificates, problems } = readGivenCertificates({ HAPROXY_SSL_CERT: write(pem) });
  expect(problems).toEqual([]);
  expect(certificates).toMatchObject([{ variable: 'HAPROXY_SSL_CERT', pem }]);
});

test('the key may stand first, and be of PKCS#1', () => {
  const [pem] = pems();
  const old = createPrivateKey(keyOf(pem)).export({ type: 'pkcs1', format: 'pem' }) as string;
  for (const text of [keyOf(pem) + certificateOf(pem), certificateOf(pem) + old])
    expect(readGivenCertificates({ HAPROXY_SSL_CERT: text }).certificates).toMatchObject([{ pem: text }]);
});

test.each<[string, (pem: string, other: string) => string]>([
  ['holds no certificate in PEM', keyOf],
  ['holds no certificate in PEM', () => 'file:///etc/cert.pem'],
  ['holds no private key in PEM', certificateOf],
  ['holds a private key of another certificate', (pem, other) => certificateOf(pem) + keyOf(other)],
  ["holds a certificate that can't be read", (pem) => pem.replace(/^MII/m, '!!!')],
  ['holds a private key with a passphrase', (pem) => certificateOf(pem) + encrypted(keyOf(pem))],
  ['has its lines joined into one', (pem) => pem.replaceAll('\n', ' ')],
])('one that %s is a Problem that names the variable and shows no key; the others are taken', (fault, write) => {
  const [pem, other] = pems();
  const { certificates, problems } = readGivenCertificates({ HAPROXY_SSL_CERT: write(pem, other), HAPROXY_SSL_CERT3: other });
  expect(certificates.map(({ variable }) => variable)).toEqual(['HAPROXY_SSL_CERT3']);
  expect(problems).toMatchObject([{ code: 'certificate', owner: { by: 'operator' }, hint: expect.stringContaining('HAPROXY_SSL_CERT') }]);
  expect(problems[0]?.message).toMatch(`the certificate in HAPROXY_SSL_CERT ${fault}`);
  expect(JSON.stringify(problems)).not.toContain(pem.split('\n')[3]);
});

function encrypted(key: string): string {
  return createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }) as string;
}

const given = (file: string) => [{ variable: 'HAPROXY_SSL_CERT', file, pem: pems()[0] }];

test('a file that only its owner can read, in a folder that is made', async () => {
  const folder = path.join(await makeFolder(), 'etc', 'ssl');
  const file = path.join(folder, 'cert.pem');
  await expect(writeCertificates(given(file))).resolves.toEqual({ certificates: given(file), problems: [] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(readFile(file, 'utf8')).resolves.toBe(pems()[0]);
  await expect(readdir(folder)).resolves.toEqual(['cert.pem']);
});

test('a file that others can read is one that only its owner can read afterwards', async () => {
  const file = path.join(await makeFolder(), 'cert.pem');
  await writeFile(file, 'before');
  await chmod(file, 0o644);
  await writeCertificates(given(file));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(readFile(file, 'utf8')).resolves.toBe(pems()[0]);
});

test('a link is replaced, and what it leads to stays as it is', async () => {
  const folder = await makeFolder();
  const [file, bundle] = [path.join(folder, 'cert.pem'), path.join(folder, 'bundle.pem')];
  await writeFile(bundle, 'of the system', { mode: 0o644 });
  await symlink(bundle, file);
  await writeCertificates(given(file));
  expect((await lstat(file)).isFile()).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(bundle)).mode & 0o777).toBe(0o644);
  await expect(readFile(bundle, 'utf8')).resolves.toBe('of the system');
});

test('one that can not be written is a Problem, and the next one is written', async () => {
  const folder = await makeFolder();
  const [file, other] = [path.join(folder, 'cert.pem'), path.join(folder, 'cert0.pem')];
  await mkdir(file);
  const { certificates, problems } = await writeCertificates([...given(file), ...given(other)]);
  expect(certificates.map(({ file: written }) => written)).toEqual([other]);
  expect(problems).toMatchObject([{ message: expect.stringMatching(`HAPROXY_SSL_CERT can't be written to ${file} \\(EISDIR`) }]);
});

test('one that can not be written where marathon-lb has it is written elsewhere, which is told; if that can not be either, both are named', async () => {
  const folder = await makeFolder();
  const [file, elsewhere] = [path.join(folder, 'cert.pem'), path.join(folder, 'run', 'ssl')];
  await mkdir(file);
  const { certificates, problems } = await writeCertificates(given(file), elsewhere);
  const other = path.join(elsewhere, 'cert.pem');
  expect(certificates).toMatchObject([
    { variable: 'HAPROXY_SSL_CERT', file: other, insteadOf: { file, why: expect.stringContaining('EISDIR') } },
  ]);
  expect(problems).toEqual([]);
  expect((await stat(other)).mode & 0o777).toBe(0o600);
  const neither = await writeCertificates(given(file), path.join(other, 'in-a-file'));
  expect(neither.certificates).toEqual([]);
  expect(neither.problems).toMatchObject([{ message: expect.stringMatching(/cert\.pem \(EISDIR.*\), nor to .*in-a-file\/cert\.pem/) }]);
});
