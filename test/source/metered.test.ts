import { afterEach, expect, test } from '@jest/globals';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';
import { closeServers, serve } from './server.ts';

afterEach(closeServers);

test('each request is told with its status and its bytes; where no answer came, as an error', async () => {
  const body = '{"apps":[]}';
  let status = 200;
  const { url } = await serve((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  const told: string[] = [];
  let bytes = 0;
  const meter = {
    ended: (code: string, seconds: number) => told.push(`${code} ${seconds >= 0}`),
    read: (count: number) => {
      bytes += count;
    },
  };
  const client = makeClient({ urls: [url], auth: noAuth, meter, now: Date.now });
  const read = () => client.readApps((json) => json, new AbortController().signal);
  await expect(read()).resolves.toMatchObject({ answer: [] });
  expect([told, bytes]).toEqual([['200 true'], body.length]);
  status = 500;
  await expect(read()).rejects.toThrow('HTTP 500');
  await closeServers();
  await expect(read()).rejects.toThrow('could not be read');
  expect(told).toEqual(['200 true', '500 true', 'error true']);
  await client.close();
});
