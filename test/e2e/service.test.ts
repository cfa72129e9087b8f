import { expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identify } from '../../src/process/process-identity.ts';
import { end } from '../../src/process/stop.ts';
import { now } from '../../src/lib/clock.ts';
import { ask } from '../admin/rig.ts';
import { makeAgreement, statesByMaster } from './agreement.ts';
import { clusters, type Cluster } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { processesIn } from './sights.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

/** HAProxy as a distribution's unit runs it: `haproxy -Ws -f $CONFIG -p $PIDFILE -S /run/haproxy-master.sock`, without a systemd. */
interface Service {
  readonly socket: string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Its master first. */
  readonly pids: () => Promise<readonly number[]>;
}

async function makeService({ folder, config, ports, ends }: Cluster, file = config): Promise<Service> {
  const home = path.join(folder, 'service');
  const [socket, pidFile] = [path.join(home, 'master.sock'), path.join(home, 'haproxy.pid')];
  await mkdir(home);
  const times = 'timeout connect 5s\n  timeout client 50s\n  timeout server 50s';
  await writeFile(file, `global\n  nbthread 1\ndefaults\n  mode http\n  ${times}\nlisten before\n  bind 127.0.0.1:${ports.other}\n`);
  const stop = async (): Promise<void> => {
    const master = await identify(Number(await readFile(pidFile, 'utf8').catch(() => '0')));
    if (master !== undefined) await end([master], { now });
  };
  ends.push(stop);
  return {
    socket,
    stop,
    start: async () => {
      const child = spawn('haproxy', ['-Ws', '-f', file, '-p', pidFile, '-S', socket], { detached: true, stdio: 'ignore' });
      child.unref();
      await once(child, 'spawn');
      await processesIn(home);
    },
    pids: () => processesIn(home),
  };
}

test('the HAProxy of a service is configured, changed and reloaded by its master socket; it is neither started nor ended', async () => {
  const cluster = await makeCluster();
  const { app, otherApp, marathon, folder, runDir, daemon, once: pass, deploy, addTask, served, settled, traffic } = cluster;
  const { agreed } = makeAgreement({ ...cluster, states: statesByMaster(path.join(folder, 'service')) });
  const service = await makeService(cluster);
  await service.start();
  const words = ['--haproxy-master-socket', service.socket];
  const [master, ...[before]] = await service.pids();
  await deploy();
  const first = daemon(words);
  await first.logged(/has loaded/);
  await served(FIRST);
  const { more, stop } = traffic();
  await more(20);

  await addTask(app.id, FOURTH);
  await first.logged(/127_50_0_71.*has accepted/);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FIFTH);
  await settled();
  await agreed();
  expect(reloadsIn(first.log())).toBe(2);
  await more(20);
  const stats = await ask({ socketPath: path.join(runDir, 'admin.sock'), path: '/v1/stats' }); // HAProxy's figures come over its master socket
  expect(JSON.parse(stats.text)).toMatchObject({ totals: { up: 5, down: 0 } });
  first.signal('SIGUSR2'); // which would end our own HAProxy
  await expect(first.ended).resolves.toMatchObject({ code: 0 });
  const [still, worker] = await service.pids();
  expect(still).toBe(master);
  expect(worker).not.toBe(before);
  await more(20);

  const second = daemon(words);
  await second.logged(/Marathon was read/);
  await expect(pass(words)).resolves.toMatchObject({ code: 0, log: [{ msg: 'HAProxy runs what Marathon said' }] });
  expect(reloadsIn(second.log())).toBe(0);
  await expect(service.pids()).resolves.toEqual([master, worker]);
  expect((await stop()).failures).toEqual({});

  await service.stop();
  await second.logged(/HAProxy is gone: its service has to start it again/);
  await second.logged(/no HAProxy answers on the master socket.*could not be updated/);
  await service.start();
  await served([...FIRST, FOURTH]);
  await until('a reload of the new one', () => reloadsIn(second.log()) === 1);
  await agreed();
});

test('one that does not run, that runs with another file, or that has no master: a sentence, and nothing is written', async () => {
  const cluster = await makeCluster();
  const { folder, config, once: pass, deploy } = cluster;
  const other = path.join(folder, 'other.cfg');
  const service = await makeService(cluster, other);
  const words = ['--haproxy-master-socket', service.socket];
  await writeFile(config, '# the distribution’s\n');
  await deploy();
  const refusals = async (socket = service.socket) => (await pass(['--haproxy-master-socket', socket])).stderr;
  await expect(refusals()).resolves.toMatch(/^marathon-lb-ts: .*no HAProxy answers on the master socket .*: start HAProxy's service/);
  await service.start();
  await expect(refusals()).resolves.toContain(`runs with '-f ${other}', and not with ${config}: give its file as --haproxy-config`);
  await expect(pass([...words, '--haproxy-config', other])).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(readFile(config, 'utf8')).resolves.toBe('# the distribution’s\n');
});
