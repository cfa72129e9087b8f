/**
 * What it costs to read pods: all of them, one of them, and an estate that has none.
 *
 *   npm run bench:pods            1,000 pods of 3 containers and 3 instances
 *   npm run bench:pods -- 5000    as many as that
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startMarathon } from '../../src/demo/marathon.ts';
import { now } from '../../src/lib/clock.ts';
import type { AppId } from '../../src/model/names.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { decodeApp, decodePod } from '../../src/snapshot/decode.ts';
import { startState } from '../../src/snapshot/state.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';
import { makePodReads } from '../../src/source/pods.ts';

const RUNS = 7;

/** The medians of what the clock and the processor say. */
async function median(work: () => Promise<unknown>): Promise<string> {
  const runs: { readonly ms: number; readonly cpu: number }[] = [];
  for (let i = 0; i < RUNS; i++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(before);
    runs.push({ ms: performance.now() - start, cpu: (user + system) / 1000 });
  }
  const middle = (of: (run: { readonly ms: number; readonly cpu: number }) => number): string =>
    (runs.map(of).sort((a, b) => a - b)[RUNS >> 1] ?? 0).toFixed(1);
  return `${middle(({ ms }) => ms)} ms (CPU ${middle(({ cpu }) => cpu)} ms)`;
}

const [count = 1_000] = process.argv.slice(2).map(Number);
const { signal } = new AbortController();
const marathon = await startMarathon();
const client = makeClient({ urls: [marathon.url], auth: noAuth, now });
const log = { info: () => undefined, warn: () => undefined };
const pods = makePodReads({ ...client, decode: decodeApp, decodePod, log });
const none = await median(() => pods.readAll(signal));
for (let i = 0; i < count; i++) {
  const id = `/team-${i % 97}/pod-${i}`;
  const containers = ['web', 'cache', 'log'].map((name, n) => ({ name, endpoints: [{ name: `p-${name}`, containerPort: 8080 + n }] }));
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `pod-${i}.acme.org` };
  marathon.deployPod({ id, instances: 3, labels, networks: [{ mode: 'container', name: 'calico' }], containers });
  for (let n = 0; n < 3; n++)
    marathon.addInstance(id, {
      host: `10.0.0.${1 + (i % 200)}`,
      networks: [{ name: 'calico', addresses: [`10.${n + 1}.${i >> 8}.${i & 255}`] }],
    });
}
// Marathon's own work is not measured: its answer is made once.
const body = gzipSync(Buffer.from(await (await fetch(`${marathon.url}/v2/pods/::status`)).arrayBuffer()));
const server = createServer((_, response) =>
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body),
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const ready = makeClient({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`], auth: noAuth, now });
const all = await median(() => ready.readPods(decodePod, signal));
const one = await median(() => pods.readOne('/team-1/pod-1' as AppId, signal));
const read = (await pods.readAll(signal)) ?? [];
const apps = read.flatMap((decoded) => ('app' in decoded ? [decoded.app] : []));
const held = { state: startState({ major: 2, minor: 6 }), sentAt: 0 };
const absorbed = await median(() => {
  const sentAt = ++held.sentAt;
  held.state = absorb(held.state, { kind: 'apps', at: sentAt, sentAt, apps: structuredClone(apps), problems: [] });
  return Promise.resolve();
});
await client.close();
await ready.close();
server.close();
await marathon.close();
console.table([{ pods: count, 'an estate without pods': none, 'all pods': all, compressed: `${(body.length / 1e6).toFixed(2)} MB`, 'one pod': one, 'absorb the same again': absorbed }]); // prettier-ignore
