import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askBalancers } from '../../src/deploy/balancers.ts';
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
