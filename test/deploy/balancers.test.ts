import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askBalancers, makeAsk } from '../../src/deploy/balancers.ts';
import type { Balancer } from '../../src/deploy/shapes.ts';
import { colour } from './facts.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const CSV = '# pxname,svname,qcur,scur,status,\nshop_10000,agent1_31001,0,0,MAINT,\n';
const BLUE = colour('/shop-blue', 1, { json: { id: '/shop-blue', tasks: [{ id: '/shop-blue.1', host: 'agent1', ports: [31001] }] } });

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks a load balancer that gives these answers; other paths are answered with 503, as HAProxy does without a server. */
async function ask(answers: Readonly<Record<string, Answer>>): Promise<Balancer | undefined> {
  const server = createServer(({ url = '' }, response) => {
    const { status, text } = answers[url] ?? { status: 503, text: '<html>' };
    response.writeHead(status).end(text);
  });
  ends.push(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const group = { name: '/shop', apps: [BLUE], locks: [], note: undefined };
  return (await askBalancers([url], group, new AbortController().signal))[0];
}

const drained = (pids: Answer) => ask({ '/haproxy?stats;csv': { status: 200, text: CSV }, '/_haproxy_getpids': pids });

test('a marathon-lb without an old worker: what is in maintenance and has no sessions is drained', async () => {
  const servers = new Map([['/shop-blue.1', expect.objectContaining({ draining: true, sessions: 0 })]]);
  await expect(drained({ status: 200, text: '11 12\n' })).resolves.toMatchObject({ servers });
});

test('where it has an old worker, or does not say whether it has one, sessions may be left', async () => {
  const servers = new Map([['/shop-blue.1', expect.objectContaining({ draining: true, sessions: 1 })]]);
  await expect(drained({ status: 200, text: '11 12 13\n' })).resolves.toMatchObject({ servers });
  await expect(drained({ status: 503, text: '<html>' })).resolves.toMatchObject({ servers }); // a marathon-lb-ts whose daemon is down
});

test('every address of every name is asked, IPv4 and IPv6, each time anew; a name that is not found is told', async () => {
  const answer = JSON.stringify({ group: '/shop', tasks: [{ task: '/shop-blue.1', serving: true, draining: false, sessions: 0 }] });
  const hosts: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    hosts.push(headers.authorization);
    response.writeHead(200).end(answer);
  });
  ends.push(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const looked: string[] = [];
  const records: Readonly<Record<string, readonly string[]>> = {
    'lb.acme.org': ['127.0.0.1', '127.0.0.1', '::1'],
    '127.0.0.1': ['127.0.0.1'],
  };
  const asks = makeAsk((host) => {
    looked.push(host);
    const found = records[host];
    return found === undefined
      ? Promise.reject(new Error(`getaddrinfo ENOTFOUND ${host}`))
      : Promise.resolve(found.map((address) => ({ address })));
  });
  const urls = [`http://me:pass%40word@lb.acme.org:${port}`, `http://127.0.0.1:${port}`, 'http://nowhere.acme.org:9090'].map(
    (url) => new URL(url),
  );
  const group = { name: '/shop', apps: [BLUE], locks: [], note: undefined };
  const asked = await asks({ urls, group, signal: new AbortController().signal });
  const here = `127.0.0.1:${port}`;
  expect(asked.map(({ name }) => name)).toEqual([here, here, `[::1]:${port}`, here, 'nowhere.acme.org:9090']);
  expect(asked.map((one) => 'servers' in one)).toEqual([true, true, false, true, false]); // nobody listens at ::1
  expect(asked[4]).toMatchObject({ why: expect.stringContaining("its name can't be looked up: getaddrinfo ENOTFOUND nowhere.acme.org") });
  expect(hosts.filter((one) => one === `Basic ${Buffer.from('me:pass@word').toString('base64')}`)).toHaveLength(2);
  await asks({ urls, group, signal: new AbortController().signal });
  expect(looked.filter((host) => host === 'lb.acme.org')).toHaveLength(2);
});

test('a URL without a port: 9090, as marathon-lb has it', async () => {
  const asks = makeAsk(() => Promise.resolve([{ address: '127.0.0.9' }]));
  const group = { name: '/shop', apps: [BLUE], locks: [], note: undefined };
  const [one] = await asks({ urls: [new URL('http://lb.acme.org')], group, signal: AbortSignal.timeout(500) });
  expect(one).toMatchObject({ name: '127.0.0.9:9090', why: expect.any(String) });
});
