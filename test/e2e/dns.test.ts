import { beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ask, type Answer } from './ask.ts';
import { clusters, type Cluster } from './cluster.ts';
import { start, type Running } from './command.ts';
import { freePorts, occupy } from './ports.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const run = promisify(execFile);

beforeAll(async () => {
  await run('dig', ['-v']).catch((cause: unknown) => {
    throw new Error('these tests need dig and host in PATH (Debian: bind9-dnsutils and bind9-host)', { cause });
  });
});

const AGENT = '172.24.197.101';

interface Names extends Cluster {
  readonly dnsPort: number;
  /** The lines of `dig +short`, in order. */
  readonly dig: (...words: readonly string[]) => Promise<readonly string[]>;
  readonly alone: (...words: readonly string[]) => Running;
}

async function makeNames(): Promise<Names> {
  const cluster = await makeCluster();
  const [dnsPort = 0] = await freePorts(1);
  const dig = async (...words: readonly string[]): Promise<readonly string[]> => {
    const at = words.some((word) => word.startsWith('@')) ? [] : ['@127.0.0.1'];
    const { stdout } = await run('dig', ['+short', '+tries=1', '+time=2', '-p', String(dnsPort), ...at, ...words]).catch(() => ({
      stdout: '',
    }));
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  };
  const alone = (...words: readonly string[]): Running =>
    start({ words: ['dns', '-m', cluster.marathon.url, '--log-format', 'json', ...words], ends: cluster.ends, folder: cluster.folder });
  return { ...cluster, dnsPort, dig, alone };
}

const sorted = (addresses: readonly string[]): readonly string[] => [...addresses].sort();

/** Waits until a name has these and no others. */
async function leads({ dig }: Names, words: readonly string[], wanted: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await until(
    () => `${words.join(' ')}: ${wanted.join(', ')}; last ${last.join(', ')}`,
    async () => JSON.stringify((last = await dig(...words))) === JSON.stringify(sorted(wanted)),
  );
}

test("the tutorial's lookup: the names lead to the three containers, to one, and back, over UDP and TCP, as dig and host ask", async () => {
  const names = await makeNames();
  const { marathon, app, dnsPort, dig, daemon, deploy, addTask } = names;
  const [first, second, third] = await deploy();
  daemon(['--dns-listen', `127.0.0.1:${dnsPort}`, `[::1]:${dnsPort}`]);
  await leads(names, ['nginx.marathon.mesos'], FIRST);
  for (const words of [['+tcp'], ['@::1'], ['@::1', '+tcp'], ['+noedns']]) {
    expect(await dig('NGINX.marathon.mesos', ...words)).toEqual(sorted(FIRST));
  }
  const { stdout } = await run('host', ['-p', String(dnsPort), 'nginx.marathon.mesos', '127.0.0.1']);
  for (const address of FIRST) expect(stdout).toContain(`nginx.marathon.mesos has address ${address}`);
  expect(await dig('nginx.marathon.containerip.dcos.thisdcos.directory')).toEqual(sorted(FIRST));
  expect(await dig('nginx.marathon.agentip.dcos.thisdcos.directory')).toEqual([AGENT]);
  expect(await dig('nginx.marathon.slave.mesos')).toEqual([AGENT]);
  expect(await dig('nginx.marathon.mesos.thisdcos.directory')).toEqual(sorted(FIRST));
  const services = await dig('_nginx._tcp.marathon.mesos', 'SRV');
  const targets = services.map((line) => /^0 1 \d+ (nginx-[a-z0-9]{5}-s\d+\.marathon\.mesos)\.$/.exec(line)?.[1] ?? line);
  expect(sorted((await Promise.all(targets.map((target) => dig(target)))).flat())).toEqual(sorted(FIRST));

  const said = await run('dig', ['+noall', '+comments', '-p', String(dnsPort), '@127.0.0.1', 'acme.org']);
  expect(said.stdout).toContain('status: REFUSED');
  const [serial = ''] = /\d{10}/.exec((await dig('mesos', 'SOA')).join()) ?? [];
  expect(Math.abs(Number(serial) - Date.now() / 1000)).toBeLessThan(3_600);

  marathon.scale(app.id, 1);
  for (const task of [first, second]) marathon.setTaskState(app.id, task?.id ?? '', 'TASK_KILLED');
  await leads(names, ['nginx.marathon.mesos'], [FIRST[2]]);
  marathon.scale(app.id, 3);
  await addTask(app.id, '127.50.0.71');
  marathon.addTask(app.id, { host: AGENT, addresses: ['127.50.0.72', 'fd00:84::196'] });
  await leads(names, ['nginx.marathon.mesos'], [FIRST[2], '127.50.0.71', '127.50.0.72']);
  await leads(names, ['nginx.marathon.mesos', 'AAAA'], ['fd00:84::196']);
  expect(third).toBeDefined();
});

test('`dns` alone needs no group and no HAProxy, and asks an upstream for what is not its own', async () => {
  const names = await makeNames();
  const { marathon, dnsPort, dig, alone, ports } = names;
  const named = [{ containerPort: 80, hostPort: 0, servicePort: ports.service, name: 'http' }];
  marathon.deploy({ id: '/shop/cart', instances: 1, network: 'container', ports: named });
  marathon.addTask('/shop/cart', { host: AGENT, addresses: ['10.9.8.7'] });
  const other = alone('--dns-listen', `127.0.0.1:${ports.other}`, '--dns-framework', 'kafka');
  await other.logged(/Marathon was read/);
  const { signal, ended, logged } = alone(
    ...['--dns-listen', `127.0.0.1:${dnsPort}`, '--dns-ip-sources', 'host,netinfo', '--dns-upstream', `127.0.0.1:${ports.other}`],
    ...['--admin-address', `127.0.0.1:${ports.stats}`],
  );
  await logged(/Marathon was read/);
  await leads(names, ['cart.shop.marathon.mesos'], [AGENT]);
  expect(await dig('cart-shop.marathon.mesos')).toEqual([AGENT]);
  for (const cart of ['cart.shop', 'cart-shop']) {
    const own = await dig(`_http._${cart}._tcp.marathon.mesos`, 'SRV');
    expect(own).toEqual([expect.stringMatching(`^0 1 31\\d+ ${cart}-[a-z0-9]{5}-s\\d+\\.marathon\\.mesos\\.$`)]);
    expect(await dig(`_${cart}._tcp.marathon.mesos`, 'SRV')).toEqual(own);
    const onAgent = own.map((line) => line.replace('.marathon.', '.marathon.slave.'));
    expect(await dig(`_${cart}._udp.marathon.slave.mesos`, 'SRV')).toEqual(onAgent);
    expect(await dig(onAgent[0]?.split(' ')[3] ?? '')).toEqual([AGENT]);
  }
  expect(await dig('cart-shop.marathon.autoip.dcos.thisdcos.directory')).toEqual([AGENT]);
  expect(await dig('cart-shop.marathon.containerip.dcos.thisdcos.directory')).toEqual(['10.9.8.7']);
  expect(await dig('cart.shop.kafka.mesos')).toEqual(['10.9.8.7']); // the upstream's answer
  const admin = (path: string): Promise<Answer> => ask({ port: ports.stats, path });
  for (const path of ['/health/live', '/health/ready', '/health/sync'])
    await expect(admin(path)).resolves.toMatchObject({ status: '200', body: expect.stringContaining('"ok": true') });
  const { body: figures } = await admin('/metrics');
  expect(figures).toMatch(/^marathon_lb_dns_queries_total\{type="A",result="\w+"\} [1-9]/m);
  expect(figures).toMatch(/^marathon_lb_tasks 1$/m);
  expect(figures).not.toContain('haproxy_up');
  await expect(admin('/v1/apps')).resolves.toMatchObject({ status: '404' });
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
});

test.each(['dns', 'daemon'] as const)('%s: an address that is taken is a sentence, and exit 1', async (word) => {
  const { dnsPort, alone, daemon, ends } = await makeNames();
  await occupy({ port: dnsPort, ends });
  const words = ['--dns-listen', `127.0.0.1:${dnsPort}`];
  const { code, stderr } = await (word === 'dns' ? alone(...words) : daemon(words)).ended;
  expect([code, stderr]).toEqual([
    1,
    `marathon-lb-ts: --dns-listen 127.0.0.1:${dnsPort}: another program listens there (EADDRINUSE); end it, or choose another address or port\n`,
  ]);
});

test('an upstream that is the server itself is a sentence', async () => {
  const { dnsPort, alone } = await makeNames();
  const at = `127.0.0.1:${dnsPort}`;
  const { code, stderr } = await alone('--dns-listen', at, '--dns-upstream', at).ended;
  expect([code, stderr]).toEqual([1, `marathon-lb-ts: --dns-upstream ${at} is an endpoint of --dns-listen: name a different server\n`]);
});

test.each(['dns', 'daemon'] as const)("%s: Mesos-DNS's HTTP API says what DNS says, to clients that ask by an own name", async (word) => {
  const names = await makeNames();
  const { app, dnsPort, dig, daemon, alone, deploy, ports } = names;
  await deploy();
  const words = ['--dns-listen', `127.0.0.1:${dnsPort}`, '--dns-http-listen', `127.0.0.1:${ports.other}`];
  const { signal, ended } = word === 'dns' ? alone(...words) : daemon(words);
  await leads(names, ['nginx.marathon.mesos'], FIRST);
  const ask = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${ports.other}${path}`)).text();
  const addresses = (text: string): readonly string[] => sorted(Array.from(text.matchAll(/"ip": "([^"]*)"/g), ([, ip = '']) => ip));
  expect(addresses(await ask('/v1/hosts/nginx.marathon.mesos'))).toEqual(sorted(FIRST));
  expect(addresses(await ask('/v1/services/_nginx._tcp.marathon.mesos.'))).toEqual(sorted(FIRST));
  expect(await ask('/v1/hosts/leader.mesos')).toBe('[\n  {\n   "host": "",\n   "ip": ""\n  }\n ]');
  expect(JSON.parse(await ask('/v1/version'))).toMatchObject({ Service: 'Mesos-DNS' });
  const { frameworks } = JSON.parse(await ask('/v1/enumerate')) as { frameworks: readonly [{ tasks: readonly { name: string }[] }] };
  expect(frameworks[0].tasks.map(({ name }) => name)).toEqual(FIRST.map(() => app.id.slice(1)));
  const { Records, Serial } = JSON.parse(await ask('/v1/axfr')) as { Records: { As: Record<string, string[]> }; Serial: number };
  expect(sorted(Records.As['nginx.marathon.mesos.'] ?? [])).toEqual(sorted(FIRST));
  expect((await dig('mesos', 'SOA')).join()).toContain(` ${Serial} `);
  const { stdout } = await run('curl', ['-s', '-H', 'Host: evil.example', `http://127.0.0.1:${ports.other}/v1/axfr`]);
  expect(stdout).toBe('421: Misdirected Request');
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
});

test('an endpoint of --dns-http-listen that is taken is a sentence, and exit 1; the usual one is a warning', async () => {
  const { dnsPort, alone, ports, ends, dig } = await makeNames();
  await occupy({ port: ports.other, ends });
  const { code, stderr } = await alone('--dns-listen', `127.0.0.1:${dnsPort}`, '--dns-http-listen', `127.0.0.1:${ports.other}`).ended;
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^marathon-lb-ts: --dns-http-listen: Mesos-DNS's HTTP API can't be served at .*EADDRINUSE/),
  ]);
  await occupy({ port: 8123, ends }).catch(() => undefined); // a different test may have it just now, which is as good
  const { logged } = alone('--dns-listen', `127.0.0.1:${dnsPort}`);
  await expect(logged(/HTTP API can't be served at 127\.0\.0\.1:8123/)).resolves.toMatchObject({ level: 'warn' });
  await logged(/Marathon was read/);
  expect(await dig('mesos', 'NS')).toEqual(['ns1.mesos.']);
});
