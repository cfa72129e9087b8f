import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { judgeFile } from '../../src/certificates/judge.ts';
import { judgePem } from '../../src/certificates/pem.ts';
import { makeAuthority, makeParts } from '../certificates/pem.ts';
import { makeSamples } from '../certificates/pems.ts';
import { freePorts } from './ports.ts';

jest.setTimeout(60_000);

const samples = await makeSamples();
const made: string[] = [];

beforeAll(async () => {
  made.push(await mkdtemp(path.join(tmpdir(), 'pem-')));
});

afterAll(async () => {
  await rm(path.join(...made), { recursive: true, force: true });
});

/** What HAProxy says of it. It has no terminal, where it would ask for a passphrase. */
async function takes(crt: string): Promise<boolean> {
  const [port = 0] = await freePorts(1);
  const file = path.join(...made, 'haproxy.cfg');
  await writeFile(file, `frontend f\n  mode http\n  timeout client 1s\n  bind 127.0.0.1:${port} ssl crt ${crt}\n`);
  const haproxy = spawn('haproxy', ['-c', '-f', file], { stdio: ['ignore', 'pipe', 'ignore'], detached: true, timeout: 30_000 });
  let said = '';
  haproxy.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const [code] = (await once(haproxy, 'close')) as [number | null];
  // HAProxy 2.6 is done with a file .sctl, says so, and then frees it twice.
  return code === 0 || (code === null && said.includes('is valid'));
}

async function put(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = path.join(...made, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
  return folder;
}

test.each(samples)('HAProxy is of the same mind: $name', async ({ text, fault, versionsDiffer }) => {
  const folder = await put('samples', { 'cert.pem': text });
  const { usable } = judgePem(text);
  if (versionsDiffer !== true) await expect(takes(path.join(folder, 'cert.pem'))).resolves.toBe(usable);
  else expect(usable).toBe(fault === undefined);
});

const own = await makeParts('a.org', { keyType: 'ec' });
const other = await makeParts('b.org');
const root = await makeAuthority('root', { keyType: 'ec' });
const leaf = await makeParts('leaf.org', { keyType: 'ec', ...root.signs });
const [pem, ofLeaf] = [own.certificate + own.key, leaf.certificate + leaf.key];

test.each<[name: string, usable: boolean, files: Readonly<Record<string, string | Buffer>>, crt?: string]>([
  ['one file', true, { 'a.pem': pem }],
  ['a bad one beside it', false, { 'a.pem': pem, 'b.pem': 'nothing' }],
  ['an empty one beside it', false, { 'a.pem': pem, README: '' }],
  ['a hidden one beside it', true, { 'a.pem': pem, '.b.pem': 'nothing' }],
  ['others with names of their own', true, { 'a.pem': pem, 'b.key': '', 'b.ocsp': '', 'b.issuer': '', 'b.sctl': '' }],
  ['only a key', false, { 'a.key': own.key }],
  ['nothing', false, {}],
  ['a key beside', true, { 'a.pem': own.certificate, 'a.pem.key': own.key }],
  ['a key of another beside', false, { 'a.pem': own.certificate, 'a.pem.key': other.key }],
  ['a key beside that is none', false, { 'a.pem': own.certificate, 'a.pem.key': 'nothing' }],
  ['a key beside that nobody reads', true, { 'a.pem': pem, 'a.pem.key': 'nothing' }],
  ['a key under the shorter name', false, { 'a.pem': own.certificate, 'a.key': own.key }],
  ['timestamps', true, { 'a.pem': pem, 'a.pem.sctl': Buffer.from([0, 5, 0, 1, 7, 0, 0]) }],
  ['timestamps that are none', false, { 'a.pem': pem, 'a.pem.sctl': 'nothing' }],
  ['timestamps that are too long', false, { 'a.pem': pem, 'a.pem.sctl': Buffer.from([0, 3, 0, 2, 7]) }],
  ['timestamps that are empty', false, { 'a.pem': pem, 'a.pem.sctl': '' }],
  ['an answer about the certificate, without who signed it', false, { 'a.pem': ofLeaf, 'a.pem.ocsp': '' }],
  ['with who signed it in the chain', true, { 'a.pem': ofLeaf + root.certificate, 'a.pem.ocsp': '' }],
  ['with who signed it beside', true, { 'a.pem': ofLeaf, 'a.pem.ocsp': '', 'a.pem.issuer': root.certificate }],
  ['with another beside', false, { 'a.pem': ofLeaf, 'a.pem.ocsp': '', 'a.pem.issuer': other.certificate }],
  ['with nobody beside', false, { 'a.pem': ofLeaf, 'a.pem.ocsp': '', 'a.pem.issuer': 'nothing' }],
  ['nobody beside, and no answer', true, { 'a.pem': ofLeaf, 'a.pem.issuer': 'nothing' }],
  ['of two kinds', true, { 'a.pem.rsa': other.certificate + other.key, 'a.pem.ecdsa': pem }, 'a.pem'],
  ['of two kinds, one bad', false, { 'a.pem.rsa': other.certificate + other.key, 'a.pem.ecdsa': 'nothing' }, 'a.pem'],
  ['missing', false, { 'b.pem': pem }, 'a.pem'],
])('a folder with %s', async (name, usable, files, crt = '.') => {
  const crts = path.join(await put(name.replaceAll(' ', '-'), files), crt);
  await expect(judgeFile(crts)).resolves.toMatchObject({ usable });
  await expect(takes(crts)).resolves.toBe(usable);
});

test.each<[string, boolean, (folder: string) => Promise<unknown>]>([
  ['a folder within', true, (folder) => mkdir(path.join(folder, 'b'))],
  ['a link', true, (folder) => symlink('a.pem', path.join(folder, 'b'))],
  ['a pipe', true, (folder) => promisify(execFile)('mkfifo', [path.join(folder, 'b')])],
  ['a link to nowhere', false, (folder) => symlink('nowhere', path.join(folder, 'b'))],
  ['a hidden link to nowhere', true, (folder) => symlink('nowhere', path.join(folder, '..data'))],
  ['a folder for a key', true, (folder) => mkdir(path.join(folder, 'a.pem.key'))],
  ['a folder for timestamps', false, (folder) => mkdir(path.join(folder, 'a.pem.sctl'))],
])('a folder with a certificate and %s', async (name, usable, add) => {
  const folder = await put(`links ${name}`.replaceAll(' ', '-'), { 'a.pem': pem });
  await add(folder);
  await expect(judgeFile(folder)).resolves.toMatchObject({ usable });
  await expect(takes(folder)).resolves.toBe(usable);
});
