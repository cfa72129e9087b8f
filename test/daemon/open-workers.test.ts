import { expect, test } from '@jest/globals';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Workers } from '../../src/admin/deployments.ts';
import { openWorkers } from '../../src/daemon/open-workers.ts';
import { defaultSettings } from '../../src/options/options.ts';
import { answersOf, makeSockets } from '../socket/socket.ts';

const makeSocket = makeSockets();

const STATE = '1\n# be_id be_name srv_id srv_name srv_addr\n3 shop_10000 1 one 127.0.0.1 2 0\n';
const stat = (sessions: number): string => `# pxname,svname,scur,status,iid,\nshop_10000,one,${sessions},MAINT,3,\n`;
const PROCESSES = '10 master 1 [failed: 0] 0d 2.6.12\n# workers\n12 worker 0 0d 2.6.12\n# old workers\n11 worker 1 0d 2.6.12\n';

interface Played {
  /** What the old worker says to a command. */
  readonly old: (command: string) => string;
}

/** Asks a played master with one old worker, whose serving worker has no sessions. */
async function workersOf({ old }: Played): Promise<Workers> {
  const serves = (command: string): string =>
    command === 'show servers state shop_10000' ? STATE : command === 'show stat 3 4 -1' ? stat(0) : 'Unknown command\n';
  const socketPath = await makeSocket((line, socket) => {
    const [, command] = /^@!11 (.*)\n$/.exec(line) ?? [];
    if (line === 'show proc\n') socket.end(PROCESSES);
    else socket.end(command === undefined ? answersOf(line, { version: '2.6.12', pid: 12 }, serves) : old(command));
  });
  const runDir = path.dirname(socketPath);
  await symlink(socketPath, path.join(runDir, 'master.sock'));
  return openWorkers({ ...defaultSettings(), runDir, haproxyConfig: path.join(runDir, 'haproxy.cfg') })(['shop_10000']);
}

test('the sessions of an old worker are read beside those of the worker that serves, by the number of the backend', async () => {
  const old = (command: string): string => (command === 'show stat 3 4 -1' ? stat(2) : STATE);
  await expect(workersOf({ old })).resolves.toMatchObject({
    serving: [{ sessions: 0 }],
    old: [{ server: 'one', sessions: 2 }],
    oldWorkers: 1,
  });
});

test('an old worker that has ended in the meantime has no sessions', async () => {
  await expect(workersOf({ old: () => "Can't find the target PID matching the prefix '@!11'\n" })).resolves.toMatchObject({ old: [] });
  const endsAfterwards = (command: string): string => (command === 'show stat 3 4 -1' ? "Can't find the target PID\n" : STATE);
  await expect(workersOf({ old: endsAfterwards })).resolves.toMatchObject({ old: [] });
});

test('an empty answer, as of a master that reloads, does not mean that there are no sessions', async () => {
  await expect(workersOf({ old: () => '' })).rejects.toThrow('no answer from HAProxy');
  await expect(workersOf({ old: (command) => (command === 'show stat 3 4 -1' ? '\n' : STATE) })).rejects.toThrow('no answer');
  await expect(workersOf({ old: (command) => (command === 'show stat 3 4 -1' ? 'No such proxy.\n' : STATE) })).rejects.toThrow('sessions');
});
