import { expect, jest, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { request as askOverTls, type RequestOptions } from 'node:https';
import { makeAuthority, makeParts, makePem, type Parts } from '../certificates/pem.ts';
import { ask } from '../../src/socket/master.ts';
import { clusters } from './cluster.ts';
import { PATIENCE_MS, until } from './until.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();
const ADDRESS = '127.61.0.1';
const make = (name: string): Promise<string> => makePem(name, { keyType: 'ec', extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }] }); // prettier-ignore
const pems = { shared: await make('shared.org'), old: await make('a.org'), renewed: await make('a.org') };

/** As tools that renew certificates do it. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** What a client of this name is shown; an error by its code. */
async function shown(port: number, servername: string, given: ConnectionOptions = {}): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, timeout: PATIENCE_MS, ...given });
  socket.once('timeout', () => socket.destroy(new Error('it is silent')));
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()?.fingerprint256 ?? 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

/** A client that can verify RSA alone: TLS 1.2, because 2.6 does not serve such a client over TLS 1.3. */
const RSA_ONLY = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } as const;

function shows(port: number, servername: string, pem: string, given?: ConnectionOptions): Promise<true> {
  const { fingerprint256 } = new X509Certificate(pem);
  let seen = '';
  const look = async (): Promise<boolean> => (seen = await shown(port, servername, given)) === fingerprint256;
  return until(() => `the certificate of ${servername} at port ${port}; last seen: ${seen}`, look);
}

test('more certificates than a line has words: a renewed one is served without a reload, and goes on when its file is cut', async () => {
  const { folder, ports, daemon, deploy, served, traffic, text } = await makeCluster();
  const files = Array.from({ length: 31 }, (_, i) => path.join(folder, `${i}.pem`));
  const [, a = ''] = files;
  for (const file of files) await writeFile(file, file === a ? pems.old : pems.shared);
  await deploy();
  const { logged } = daemon(['--ssl-certs', files.join(',')]);
  await served(FIRST);
  await shows(ports.https, 'a.org', pems.old);
  await shows(ports.https, 'nobody.org', pems.shared);
  const before = await text();
  const { more, stop } = traffic();
  await more(20);
  await replace(a, pems.renewed);
  await shows(ports.https, 'a.org', pems.renewed);
  await expect(logged(/certificate-changed [^"]*1\.pem/)).resolves.toMatchObject({ msg: expect.stringMatching(/without a reload/) });
  await expect(text()).resolves.toBe(before);

  await replace(a, pems.renewed.slice(0, 300));
  const problem = await logged(/the previous one stays in use/);
  expect(problem).toMatchObject({ level: 'warn', code: 'certificate' });
  expect(problem.msg).toContain(`the certificate ${a} is cut off`);
  const list = path.join(folder, 'certificates.list');
  await until('a reload with the copy', async () => !new RegExp(`^${a}$`, 'm').test(await readFile(list, 'utf8')));
  await more(50);
  await shows(ports.https, 'a.org', pems.renewed);
  await shows(ports.https, 'nobody.org', pems.shared);
  expect((await stop()).failures).toEqual({});
});

test('a folder: certificates are renewed, added and withdrawn without a reload, whatever others do on the socket, and a bad one costs only itself', async () => {
  const { folder, runDir, ports, daemon, deploy, served } = await makeCluster();
  const certificates = path.join(folder, 'certificates');
  const at = (name: string): string => path.join(certificates, name);
  await mkdir(certificates);
  await writeFile(at('0.pem'), pems.shared);
  await writeFile(at('a.pem'), pems.old);
  await deploy();
  const { logged, log } = daemon(['--ssl-certs', certificates]);
  await served(FIRST);
  await logged(/HAProxy has loaded/);
  await shows(ports.https, 'a.org', pems.old);

  const open = `@1 set ssl cert ${at('0.pem')} <<\n${pems.shared}`; // a transaction that nobody ends
  await ask({ socketPath: path.join(runDir, 'master.sock'), command: open, deadlineMs: PATIENCE_MS });
  const { certificate, key } = await makeParts('b.org', { keyType: 'ec' });
  const untidy = `${key}\r\n\r\nsubject=b\r\n${certificate}\n\nshow info\n`.replaceAll('\n', '\r\n');
  await replace(at('b.pem'), untidy);
  await replace(at('a.pem'), pems.renewed);
  await shows(ports.https, 'b.org', certificate);
  await shows(ports.https, 'a.org', pems.renewed);
  const rsa = await makePem('b.org');
  await replace(at('d.rsa'), rsa);
  await shows(ports.https, 'b.org', rsa, RSA_ONLY);
  await shows(ports.https, 'b.org', certificate);
  await rm(at('b.pem'));
  await rm(at('d.rsa'));
  await shows(ports.https, 'b.org', pems.shared);
  await logged(/certificate-gone [^"]*b\.pem/);
  expect(log().filter(({ msg }) => msg.includes('HAProxy has loaded'))).toHaveLength(1);

  await replace(at('c.pem'), pems.old.slice(0, 300));
  await replace(at('a.pem'), pems.old.slice(0, 300));
  await logged(/c\.pem is cut off/);
  await logged(/a\.pem is cut off.*, so it is left out; what HAProxy has of it stays until the next reload/);
  await shows(ports.https, 'a.org', pems.renewed);
  await replace(at('0.pem'), ''); // the first, for those who name no known host
  await logged(/0\.pem is empty/);
  await shows(ports.https, 'nobody.org', pems.shared);
  await replace(at('c.pem'), pems.old);
  await rm(at('a.pem'));
  await shows(ports.https, 'a.org', pems.old);
  const mended = await make('shared.org');
  await replace(at('0.pem'), mended);
  await shows(ports.https, 'nobody.org', mended);
  await served(FIRST);
  expect(log().filter(({ msg }) => msg.includes('HAProxy has loaded'))).toHaveLength(1);
});

test("a label's bad certificate costs its own bind, and nothing else; mended it is served", async () => {
  const { folder, marathon, otherApp, ports, daemon, deploy, addTask, served, once: pass } = await makeCluster();
  const file = path.join(folder, 'other.pem');
  await writeFile(file, pems.old.replaceAll('\n', '\\n'));
  await deploy();
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_SSL_CERT: file } });
  await addTask(otherApp.id, ADDRESS);
  const { code, log } = await pass();
  expect(code).toBe(0);
  expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  const told = log.filter((line) => line['app'] === '/other');
  expect(told).toMatchObject([{ level: 'warn', code: 'certificate', label: 'HAPROXY_0_SSL_CERT' }]);
  expect(told[0]?.msg).toMatch(
    /lines should end, so the port is not bound, and its virtual hosts have a certificate of the shared https frontend$/,
  );
  await served(FIRST);
  await served([ADDRESS], { host: OTHER_HOST });
  await expect(shown(ports.other, 'a.org')).resolves.toBe('ECONNREFUSED');

  const { logged } = daemon();
  await logged(/the port is not bound/);
  await writeFile(file, pems.old);
  await shows(ports.other, 'a.org', pems.old);
  await served([ADDRESS], { host: OTHER_HOST });
});

/** What a client with a certificate of its own is answered, and the session for its next connection. */
function askWith(
  options: RequestOptions & { readonly session?: Buffer | undefined },
): Promise<{ readonly status: number; readonly session: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    let session: Buffer | undefined;
    const asked = askOverTls(
      { host: '127.0.0.1', agent: false, rejectUnauthorized: false, timeout: PATIENCE_MS, ...options },
      (response) => {
        response.resume().on('end', () => {
          resolve({ status: response.statusCode ?? 0, session });
        });
      },
    );
    asked.on('socket', (socket) => socket.on('session', (given: Buffer) => (session = given)));
    asked.on('error', reject).end();
  });
}

test('hosts with certificates and TLS policies of their apps: closed for everybody else, whatever name, session or way they come by', async () => {
  const { folder, ports, marathon, app, otherApp, daemon, deploy, addTask, get } = await makeCluster();
  const [one, other] = [await makeAuthority('one', { keyType: 'ec' }), await makeAuthority('other', { keyType: 'ec' })];
  const [client, stranger] = await Promise.all([one, other].map(({ signs }) => makeParts('client', { keyType: 'ec', ...signs })));
  if (client === undefined || stranger === undefined) throw new Error('no certificates');
  const at = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const [ca, otherCa] = [await at('ca.pem', one.certificate), await at('other-ca.pem', other.certificate)];
  await deploy();
  const own = { HAPROXY_0_SSL_CERT: await at('a.pem', pems.old), HAPROXY_0_VHOST: 'a.org', HAPROXY_0_CLIENT_CA: ca };
  marathon.deploy({ ...app, labels: { ...app.labels, ...own } });
  marathon.deploy({
    ...otherApp,
    labels: { ...otherApp.labels, HAPROXY_0_VHOST: 'shared.org', HAPROXY_0_CLIENT_CA: otherCa, HAPROXY_0_TLS_MIN: '1.3' },
  });
  await addTask(otherApp.id, ADDRESS);
  const shared = await at('shared.pem', pems.shared);
  daemon(['--ssl-certs', shared]);
  const as = ({ certificate: cert, key }: Parts, host: string, more: RequestOptions = {}): Promise<number> =>
    askWith({ port: ports.https, servername: host, headers: { host }, cert, key, ...more }).then(({ status }) => status, () => 0); // prettier-ignore
  await until('the client of a.org', async () => (await as(client, 'a.org')) === 200);
  await shows(ports.https, 'nobody.org', pems.shared);
  await until('the client of shared.org', async () => (await as(stranger, 'shared.org')) === 200);

  await expect(as(stranger, 'a.org')).resolves.toBe(0);
  await expect(as(stranger, 'shared.org', { headers: { host: 'a.org' } })).resolves.toBe(421);
  await expect(as(stranger, 'shared.org', { maxVersion: 'TLSv1.2' })).resolves.toBe(0);
  await expect(askWith({ port: ports.https, servername: 'nobody.org', headers: { host: 'a.org' } })).resolves.toMatchObject({
    status: 421,
  });
  await expect(get({ host: 'a.org' })).resolves.toMatchObject({ status: '403' });
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const { session } = await askWith({
      port: ports.https,
      servername: 'a.org',
      headers: { host: 'a.org' },
      cert: client.certificate,
      key: client.key,
      maxVersion,
    });
    const resumed = await askWith({
      port: ports.https,
      servername: 'shared.org',
      headers: { host: 'shared.org' },
      session,
      maxVersion,
    }).catch(() => ({ status: 0 }));
    expect(resumed.status).not.toBe(200);
  }
  const seen = await get({ port: ports.other, tls: false, host: 'shared.org' });
  expect(seen.status).toBe('403');

  await writeFile(otherCa, '');
  await until('the host without its authorities', async () => ![200, 403, 421].includes(await as(stranger, 'shared.org')));
  await expect(as(client, 'a.org')).resolves.toBe(200);
});

/** A HAProxy whose OpenSSL wants stronger keys than our own look does: RSA of 2048 bits is refused, EC is not. */
async function writeStrictHaproxy(folder: string): Promise<string> {
  const [bin, file] = [path.join(folder, 'strict-haproxy'), path.join(folder, 'openssl.cnf')];
  const sections = ['openssl_conf = conf', '[conf]', 'ssl_conf = ssl', '[ssl]', 'system_default = strict', '[strict]'];
  await writeFile(file, [...sections, 'CipherString = DEFAULT@SECLEVEL=3', ''].join('\n'));
  await writeFile(bin, `#!/bin/sh\nOPENSSL_CONF=${file} exec haproxy "$@"\n`, { mode: 0o755 });
  return bin;
}

test('certificates that only HAProxy refuses: at the first start they alone are left out, at a renewal the one before serves on', async () => {
  const { folder, ports, marathon, app, otherApp, daemon, deploy, served, addTask } = await makeCluster();
  const weak = await makePem('weak.org', { keyType: 'rsa', keySize: 2048 });
  const [good, bad, named] = ['good.pem', 'bad.pem', 'named.pem'].map((name) => path.join(folder, name)) as [string, string, string];
  await writeFile(good, pems.old);
  for (const file of [bad, named]) await writeFile(file, weak);
  await deploy();
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_SSL_CERT: named } });
  await addTask(otherApp.id, ADDRESS);
  const { logged, log } = daemon(['--ssl-certs', `${bad},${good}`, '--haproxy-bin', await writeStrictHaproxy(folder)]);
  await served(FIRST);
  await served([ADDRESS], { host: OTHER_HOST });
  await shows(ports.https, 'a.org', pems.old);
  await logged(/bad\.pem is refused by HAProxy/);
  await expect(logged(/named\.pem is refused by HAProxy/)).resolves.toMatchObject({ app: '/other', code: 'certificate' });

  await replace(good, weak);
  await logged(/good\.pem is refused by HAProxy.*the previous one stays in use/);
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: 'more.acme.org' } }); // changes go on
  await served(FIRST, { host: 'more.acme.org' });
  await shows(ports.https, 'a.org', pems.old);
  await replace(good, pems.renewed);
  await replace(named, pems.renewed);
  await shows(ports.https, 'a.org', pems.renewed);
  await served([ADDRESS], { port: ports.other, tls: true });
  expect(log().filter(({ code }) => code === 'refused-by-haproxy')).toEqual([]);
});
