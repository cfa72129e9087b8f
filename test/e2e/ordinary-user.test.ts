import { expect, jest, test } from '@jest/globals';
import { chown, copyFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { clusters, type Cluster } from './cluster.ts';
import { occupy } from './ports.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(60_000);

const makeCluster = clusters();

/** A user without rights: `nobody`. */
const USER = 65_534;

/** In front of the daemon: an ordinary user without capabilities but the one to read this checkout, which may be root's own. */
const AS_USER = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--inh-caps=-all,+dac_read_search'];
const BEFORE = [...AS_USER, '--ambient-caps=-all,+dac_read_search', '--bounding-set=-all,+dac_read_search,+net_bind_service'];

/** What keeps this machine from giving a program a capability; undefined when nothing does. */
async function missing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root may give a program a capability';
  if (Number(await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= MOST)
    return 'any user may have the ports below 1024';
  const { failed } = await execa('setcap', ['-h'], { reject: false });
  return failed ? 'there is no setcap (Debian: libcap2-bin)' : undefined;
}

const [LEAST, MOST] = [600, 1_023];

/** A port below 1024 that nobody has. */
async function lowPort(): Promise<number> {
  for (let port = MOST; port >= LEAST; port--) {
    const free = await occupy({ port, address: '0.0.0.0', ends: [] }).catch(() => undefined);
    if (free === undefined) continue;
    await free();
    return port;
  }
  throw new Error(`no port from ${LEAST} to ${MOST} is free`);
}

/** A copy of HAProxy with the capability to bind low ports, in a folder of that user's. */
async function makeHaproxy({ folder }: Cluster): Promise<string> {
  const bin = path.join(folder, 'haproxy');
  const { stdout } = await execa('sh', ['-c', 'readlink -f "$(command -v haproxy)"']);
  await copyFile(stdout, bin);
  await execa('setcap', ['cap_net_bind_service+ep', bin]);
  await rm(path.join(folder, 'state'), { recursive: true, force: true }); // the user's daemon makes it
  await chown(folder, USER, USER);
  return bin;
}

test('an ordinary user whose HAProxy has cap_net_bind_service: a port below 1024 is bound; without it the port is said, and the rest serves', async () => {
  const why = await missing();
  if (why !== undefined) {
    process.stderr.write(`not tried: ${why}\n`);
    return;
  }
  const cluster = await makeCluster();
  const { marathon, app, deploy, daemon, served, config } = cluster;
  await deploy();
  const [bin, port] = [await makeHaproxy(cluster), await lowPort()];
  const able = daemon(['--http-port', String(port), '--haproxy-bin', bin, '--stop-haproxy'], { before: BEFORE });
  await able.logged(/has loaded/);
  await served(FIRST, { port });
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: 'other.acme.org' } });
  await served(FIRST, { port, host: 'other.acme.org' });
  expect(able.log().filter(({ msg }) => msg.includes('CAP_NET_BIND_SERVICE'))).toEqual([]);
  able.signal('SIGTERM');
  await expect(able.ended).resolves.toMatchObject({ code: 0 });

  const unable = daemon(['--http-port', String(port), '--haproxy-bin', 'haproxy', '--stop-haproxy'], { before: BEFORE });
  await expect(unable.logged(new RegExp(`"msg":"[^"]*:${port} can't be bound: .*CAP_NET_BIND_SERVICE`))).resolves.toMatchObject({
    level: 'warn',
    msg: expect.stringContaining(`:${port} `),
  });
  await served(FIRST, { port: cluster.ports.service });
  await expect(readFile(config, 'utf8')).resolves.not.toContain(`:${port}\n`);
});
