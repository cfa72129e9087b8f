import { setTimeout as sleep } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import { generate } from 'selfsigned';
import { startBackend } from '../../src/demo/backends.ts';
import { startMarathon, type Marathon } from '../../src/demo/marathon.ts';
import { NGINX } from '../demo/nginx.ts';
import { ask } from '../e2e/ask.ts';
import { makeTraffic } from '../e2e/traffic.ts';
import { startContainer, type Container, type Running } from './container.ts';

/** The image as it was built. */
export interface Image {
  readonly root: string;
  /** Its ENTRYPOINT. */
  readonly entry: readonly string[];
}

/** What a row may do. */
interface Stage {
  /** Starts the image, beside a Marathon with one app. */
  readonly run: (how?: Partial<Container>) => Promise<Running>;
  /** Resolves when the app answers through the container. */
  readonly serves: (container: Running) => Promise<void>;
  readonly marathon: Marathon;
}

/** A row: resolves when it is so, rejects with what was found. */
type Row = (stage: Stage) => Promise<void>;

const HOST = 'mytask.acme.org';
const FOLDERS = ['/marathon-lb', '/run', '/var/lib/marathon-lb-ts'];
const PORT = 8080;

const ROWS: Readonly<Record<string, Row>> = {
  'TERM: the last request finishes, the container ends with it and says so': ends('TERM'),
  'INT: the same': ends('INT'),
  'HUP and USR1 are handed to the daemon': async ({ run, serves, marathon }) => {
    const container = await run();
    await serves(container);
    const reads = marathon.requestsOf('/v2/apps');
    await container.kill('HUP');
    await soon(container, () => Promise.resolve(marathon.requestsOf('/v2/apps') > reads), 'HUP: Marathon is not read again');
    const loads = loaded(container);
    await container.kill('USR1');
    await soon(container, () => Promise.resolve(loaded(container) > loads), 'USR1: HAProxy is not reloaded');
  },
  'the daemon ends inside the container: no request is lost, and HAProxy stays': async ({ run, serves }) => {
    const container = await run();
    await serves(container);
    const haproxy = await container.exec('pidof', 'haproxy');
    const flow = makeTraffic({ port: 80, host: HOST, ends: [] });
    await flow.more(50);
    await container.exec('sh', '-c', 'read pid started < /run/marathon-lb-ts/daemon.lock && kill $pid');
    await says(container, 'is restarted');
    await sleep(3_000);
    const { requests, failures } = await flow.stop();
    expect(Object.keys(failures).length === 0, `of ${requests} requests failed ${JSON.stringify(failures)}`);
    expect((await container.exec('pidof', 'haproxy')) === haproxy, 'HAProxy is another one');
  },
  'wrong words end it with exit code 2 and the sentence, once': async ({ run }) => {
    const container = await run({ words: ['sse', '--no-such-flag'] });
    expect((await container.ended) === 2, 'the exit code is not 2');
    expect(container.output().split('no-such-flag').length === 2, 'not said once');
  },
  '--user 1000 where ordinary users may have the ports, with HAPROXY_SYSLOGD and HAPROXY_SSL_CERT': async ({ run, serves }) => {
    await portsFrom(0);
    const container = await run({ user: 1000, env: { HAPROXY_SYSLOGD: 'true', HAPROXY_SSL_CERT: await makeGiven() } });
    await serves(container);
    await says(container, 'GET / HTTP/1.1');
    await servesGiven();
    expect((await container.exec('ls', '/etc/ssl/cert.pem')) !== '', 'it is not in /etc/ssl');
  },
  '--user 1000 without the ports: it says which can not be bound': async ({ run }) => {
    await portsFrom(1024);
    const container = await run({ user: 1000 });
    await says(container, 'CAP_NET_BIND_SERVICE');
  },
  '--read-only without a tmpfs: one sentence with all folders, exit code 2': async ({ run }) => {
    const container = await run({ readOnly: true });
    expect((await container.ended) === 2, 'the exit code is not 2');
    for (const folder of ['/marathon-lb', '/run/marathon-lb-ts', '/var/lib/marathon-lb-ts'])
      expect(container.output().includes(`--tmpfs ${folder}`), `${folder} is not named`);
    expect(container.output().trim().split('\n').length === 1, 'more than a sentence');
  },
  '--read-only with its tmpfs, and HAPROXY_SSL_CERT': async ({ run, serves }) => {
    const container = await run({ readOnly: true, tmpfs: FOLDERS, env: { HAPROXY_SSL_CERT: await makeGiven() } });
    await serves(container);
    await servesGiven();
    await says(container, '/run/marathon-lb-ts/ssl/cert.pem');
  },
  '--cap-drop ALL --cap-add NET_BIND_SERVICE': async ({ run, serves }) => {
    await portsFrom(1024);
    await serves(await run({ capabilities: ['NET_BIND_SERVICE'] }));
  },
  'all of it: --user 1000 --read-only --cap-drop ALL, the syslog and HAPROXY_SSL_CERT': async ({ run, serves }) => {
    await portsFrom(0);
    const env = { HAPROXY_SYSLOGD: '1', HAPROXY_SSL_CERT: await makeGiven() };
    const container = await run({ user: 1000, readOnly: true, tmpfs: FOLDERS, capabilities: [], env });
    await serves(container);
    await servesGiven();
    await says(container, 'GET / HTTP/1.1');
  },
  'the files: no perl beside the base system’s, no npm, types or maps; certificates of the CAs': async ({ run, serves }) => {
    const container = await run();
    await serves(container);
    const found = await container.exec('sh', '-c', FILES);
    expect(found === '', found);
  },
};

const FILES = `ls -d /usr/share/perl/5* /usr/local/lib/node_modules/npm 2> /dev/null
find /opt /usr/local -name '*.map' -o -name '*.ts' | head -3
[ -s /etc/ssl/certs/ca-certificates.crt ] || echo 'no CAs'`;

/** Runs all rows, one after the other; whether all are so. */
export async function tryRows({ root, entry }: Image): Promise<boolean> {
  let failed = 0;
  for (const [name, row] of Object.entries(ROWS)) {
    await portsFrom(1024);
    const found = await inStage({ root, entry }, row);
    process.stdout.write(found === undefined ? `ok   ${name}\n` : `FAIL ${name}: ${found}\n`);
    if (found !== undefined) failed += 1;
  }
  process.stdout.write('not tried, as there is no container engine: docker build itself, docker stop -t, HEALTHCHECK, a terminal (-t)\n');
  process.stdout.write(`${Object.keys(ROWS).length - failed} passed, ${failed} failed\n`);
  return failed === 0;
}

async function inStage({ root, entry }: Image, row: Row): Promise<string | undefined> {
  const marathon = await startMarathon();
  const backend = await startBackend({ address: '127.84.0.196', port: PORT, name: 'nginx' });
  marathon.deploy({ ...NGINX, instances: 1, ports: [{ containerPort: PORT, servicePort: 10_004 }] });
  marathon.addTask(NGINX.id, { host: '172.24.197.101', addresses: ['127.84.0.196'] });
  const containers: Running[] = [];
  try {
    const words = ['sse', '--group', 'external', '--marathon', marathon.url, '--health-check'];
    const run = async (how: Partial<Container> = {}): Promise<Running> => {
      const container = await startContainer({ root, ...how, words: [...entry, ...(how.words ?? words)] });
      containers.push(container);
      return container;
    };
    await row({ run, serves, marathon });
    return undefined;
  } catch (error) {
    return `${String(error)}\n${containers.map(({ output }) => output().slice(-4_000)).join('\n')}`;
  } finally {
    for (const container of containers) await container.remove();
    await backend.close();
    await marathon.close();
  }
}

function ends(signal: string): Row {
  return async ({ run, serves }) => {
    const container = await run();
    await serves(container);
    const slow = ask({ port: 80, host: HOST, path: '/slow?ms=2000' });
    await sleep(200);
    await container.kill(signal);
    const answered = await slow;
    const since = Date.now();
    const code = await container.ended;
    expect(answered.status === '200', `the request under way got ${answered.status}`);
    expect(code === 0, `the exit code is ${code}`);
    process.stdout.write(`     ended ${Date.now() - since} ms after the last answer\n`);
    const lines = [`SIG${signal}: the container ends`, 'ending HAProxy', 'HAProxy has ended', 'the container has ended'];
    const places = lines.map((line) => container.output().indexOf(line));
    expect(!places.includes(-1) && places.every((place, i) => i === 0 || place > (places[i - 1] ?? 0)), `the log says ${String(places)}`);
  };
}

const GIVEN = 'given.acme.org';

/** The text for HAPROXY_SSL_CERT. */
async function makeGiven(): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: GIVEN }], { keySize: 2048, algorithm: 'sha256' });
  return `${cert}\n${key}`;
}

async function servesGiven(): Promise<void> {
  const { certificate } = await ask({ port: 443, host: HOST, tls: true });
  expect(certificate === GIVEN, `the certificate served is ${String(certificate)}`);
}

/** How often HAProxy has loaded a configuration. */
function loaded(container: Running): number {
  return container.output().split('HAProxy has loaded').length;
}

async function serves(container: Running): Promise<void> {
  await soon(container, async () => (await ask({ port: 80, host: HOST })).status === '200', 'the app does not answer');
}

async function says(container: Running, text: string): Promise<void> {
  await soon(container, () => Promise.resolve(container.output().includes(text)), `it does not say '${text}'`);
}

const LONGEST_MS = 20_000;

async function soon(container: Running, look: () => Promise<boolean>, otherwise: string): Promise<void> {
  let over: number | undefined;
  void container.ended.then((code) => {
    over = code;
  });
  const until = Date.now() + LONGEST_MS;
  while (!(await look())) {
    if (over !== undefined) throw new Error(`${otherwise}: it has ended with exit code ${over}`);
    if (Date.now() > until) throw new Error(otherwise);
    await sleep(50);
  }
}

function expect(so: boolean, otherwise: string): void {
  if (!so) throw new Error(otherwise);
}

/** The first port that an ordinary user may have: 0 in a network that Docker has made, 1024 with --network host. */
async function portsFrom(port: number): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', String(port));
}
