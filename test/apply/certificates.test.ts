import { expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseCertificates } from '../../src/apply/certificates.ts';
import { makeFolders } from './folder.ts';

const makeFolder = makeFolders('certificates');

test('files and folders that are there are taken as they are', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'cert.pem');
  await writeFile(file, 'not looked into');
  await expect(chooseCertificates([file, folder], join(folder, 'state'))).resolves.toEqual({ files: [file, folder], problems: [] });
  await expect(readdir(folder)).resolves.toEqual(['cert.pem']);
});

test('one that can not be read is left out, and is a Problem', async () => {
  const folder = await makeFolder();
  const [file, missing] = [join(folder, 'cert.pem'), join(folder, 'missing.pem')];
  await writeFile(file, '');
  const { files, problems } = await chooseCertificates([missing, file], folder);
  expect(files).toEqual([file]);
  expect(problems).toEqual([
    {
      code: 'certificate',
      owner: { by: 'operator' },
      message: `the certificate ${missing} can't be read, so it is left out`,
      hint: expect.stringContaining('--ssl-certs'),
    },
  ]);
});

test('where there is none, one of our own: a certificate with its key, for nobody else to read, made once', async () => {
  const state = join(await makeFolder(), 'a', 'state');
  const { files, problems } = await chooseCertificates(['/no/such.pem'], state);
  const own = join(state, 'self-signed.pem');
  expect(files).toEqual([own]);
  expect(problems).toMatchObject([
    { code: 'certificate', message: expect.stringContaining(`${own}, which no client trusts, is used instead`) },
  ]);
  expect((await stat(own)).mode & 0o777).toBe(0o600);

  const pem = await readFile(own, 'utf8');
  expect(pem).not.toContain('\n\n'); // an empty line ends a payload of HAProxy's
  const certificate = new X509Certificate(pem);
  expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBeGreaterThan(3600 * 86_400_000);

  await chooseCertificates([], state);
  await expect(readFile(own, 'utf8')).resolves.toBe(pem);
  await expect(readdir(state)).resolves.toEqual(['self-signed.pem']);
});

test('it is not made as long as there is another', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'cert.pem');
  await writeFile(file, '');
  await chooseCertificates([file], join(folder, 'state'));
  await expect(readdir(folder)).resolves.toEqual(['cert.pem']);
});

test('a state folder that can not be made is told', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'file'), '');
  await expect(chooseCertificates([], join(folder, 'file', 'state'))).rejects.toThrow('ENOTDIR');
});
