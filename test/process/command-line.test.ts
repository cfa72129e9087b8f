import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCommandLine, requireOurFile } from '../../src/process/command-line.ts';
import { makeProcess, makeSystemService } from '../../src/process/process.ts';
import { now } from '../../src/lib/clock.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { makeFolders } from '../lib/folder.ts';
import { answersOf, makeSockets } from '../socket/socket.ts';

const makeFolder = makeFolders('command-line');
const socketWith = makeSockets();
const ends: (() => unknown)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A process with these words on its command line, in a folder; it ends with the test. */
async function processWith(words: readonly string[], cwd: string): Promise<number> {
  const child = spawn('sh', ['-c', 'read line', ...words], { cwd, stdio: ['pipe', 'ignore', 'ignore'] });
  ends.push(() => child.kill());
  await once(child, 'spawn');
  return child.pid ?? 0;
}

test.each([
  [['-Ws', '-f', '/etc/haproxy/haproxy.cfg', '-p', '/run/haproxy.pid', '-S', '/run/m.sock'], { files: ['/etc/haproxy/haproxy.cfg'] }],
  [['-sf', '12', '13', '-x', 'sockpair@3', '-W', '-f', 'a.cfg', '-f', 'b'], { files: ['a.cfg', 'b'] }],
  [['-W', '-C', '/etc', '-f', 'a.cfg', '--', 'b.cfg', '-f'], { files: ['a.cfg', 'b.cfg', '-f'], folder: '/etc' }],
  [['-W'], { files: [] }],
])('HAProxy’s command line %j names these files', (words, read) => {
  expect(readCommandLine(['/usr/sbin/haproxy', ...words])).toEqual(read);
});

test('a command line names our configuration by its path, by a link, beside others, relative to a folder, or by its folder', async () => {
  const folder = await makeFolder();
  const config = path.join(folder, 'haproxy.cfg');
  await writeFile(config, '');
  await symlink(config, path.join(folder, 'link'));
  const lines = [
    ['-f', config],
    ['-f', '/etc/hosts', '-f', 'link'],
    ['-C', folder, '-f', 'haproxy.cfg'],
    ['-f', folder],
    ['--', config],
  ];
  for (const words of lines)
    await requireOurFile({ pid: await processWith(words, words[0] === '-C' ? '/' : folder), socketPath: '/s', config });
});

test('a command line with a different file, with none, or of no process: a sentence', async () => {
  const folder = await makeFolder();
  const config = path.join(folder, 'haproxy.cfg');
  const asked = { socketPath: '/run/m.sock', config };
  const other = await processWith(['-f', '/etc/other.cfg', '-f', '/etc/more'], folder);
  await expect(requireOurFile({ pid: other, ...asked })).rejects.toThrow(
    `the HAProxy that answers on /run/m.sock (pid ${other}) runs with '-f /etc/other.cfg -f /etc/more', and not with ${config}: give`,
  );
  await expect(requireOurFile({ pid: 2 ** 30, ...asked })).rejects.toThrow("can't be read, so it is not known whether it reads");
});

test('a service is ready only when a master answers that reads our file; ours always is, as it can be started', async () => {
  const runDir = await makeFolder();
  const config = path.join(runDir, 'haproxy.cfg');
  const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
  const settings = { runDir, config, log, now, fingerprint: () => '' };
  const serviceAt = (master: string) => makeSystemService({ ...settings, sockets: { master } });
  await expect(makeProcess({ ...settings, bin: 'haproxy' }).ready()).resolves.toBeUndefined();
  await expect(serviceAt(path.join(runDir, 'none')).ready()).rejects.toThrow(
    `no HAProxy answers on the master socket ${runDir}/none: start`,
  );
  await expect(serviceAt(path.join(runDir, 'none')).reload([])).rejects.toThrow('no HAProxy answers');
  const worker = await socketWith((_, connection) => connection.end("Unknown command: 'show proc'\n"));
  await expect(serviceAt(worker).ready()).rejects.toThrow('what answers is not a HAProxy master (haproxy -W -S …)');
  const pid = await processWith(['-f', config], runDir);
  const master = await socketWith((_, connection) =>
    connection.end(`#<PID> <type> <reloads> <uptime> <version>\n${pid} master 0 0d00h00m01s 2.6.12\n`),
  );
  await expect(serviceAt(master).ready()).resolves.toBeUndefined();
});

test('commands go to the worker’s own socket while a service’s HAProxy reloads, if it is named', async () => {
  const runDir = await makeFolder();
  const log = await makeLogger({ level: 'silent', format: 'text', fd: 2 });
  const heard: string[] = [];
  const master = await socketWith((line, connection) => connection.end(answersOf(line, { version: '2.8.3', pid: 7 }, () => '')));
  const worker = await socketWith((line, connection) => {
    heard.push(line);
    connection.end(answersOf(line, { version: '2.8.3', pid: 7 }, () => ''));
  });
  const settings = { runDir, config: path.join(runDir, 'haproxy.cfg'), log, now, fingerprint: () => '' };
  const command = { text: 'disable server b/one', expect: /^$/, reason: { code: 'server-changed', subject: 's', detail: '' } } as const;
  const named = makeSystemService({ ...settings, sockets: { master, worker } });
  await named.release();
  await expect(named.meanwhile?.()?.send([command])).resolves.toEqual([{ taken: true, answer: '' }]);
  expect(heard.at(-1)).toContain('disable server b/one');
  const unnamed = makeSystemService({ ...settings, sockets: { master } });
  await unnamed.release();
  expect(unnamed.meanwhile?.()).toBeUndefined();
});
