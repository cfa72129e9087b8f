import { expect, test } from '@jest/globals';
import { getEventListeners, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { sendRequests } from '../../src/demo/traffic.ts';

test('where HAProxy refuses requests, the demo goes on at its pace: it waits once for each request, and not for many at a time', async () => {
  const over = new AbortController();
  const waiting: number[] = [];
  const server = createServer((socket) => {
    waiting.push(getEventListeners(over.signal, 'abort').length);
    socket.resetAndDestroy();
    if (waiting.length === 15) over.abort();
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await sendRequests({ address: '127.0.0.1', port, hosts: ['a.test'], signal: over.signal });
    expect(new Set(waiting)).toEqual(new Set([1]));
  } finally {
    server.close();
  }
});
