import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Command } from '../../src/model/document.ts';
import { document } from '../haproxy/make.ts';
import { makeTraffic, needHaproxy, setStage, type Ends } from './fixtures/stage.ts';

jest.setTimeout(60_000);

const ends: Ends = [];

beforeAll(needHaproxy);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('while a reload runs, the worker that serves takes commands on its own socket; afterwards it is not mistaken for the new one', async () => {
  const servers = Array.from({ length: 5_000 }, (_, n) => `  server s${n} 127.9.${Math.floor(n / 200)}.${1 + (n % 200)}:80\n`); // takes a while to load
  const { port, write, make } = await setStage(ends);
  await write({ end: `backend many\n${servers.join('')}` });
  const own = make();
  await own.reload([]);
  await own.holds(document());
  const worker = (await own.adopt())?.worker;
  const flow = makeTraffic(port, ends);
  const meanwhile = own.meanwhile?.();
  let isOver = false;
  const over = own.reload([]).then(() => (isOver = true));
  const add: Command = {
    text: 'add server many/more 127.0.0.1:80',
    expect: /^New server registered/,
    reason: { code: 'by-hand', subject: 'haproxy', detail: '' },
  };
  await expect(meanwhile?.send([add])).resolves.toMatchObject([{ taken: true }]);
  expect(isOver).toBe(false);
  await over;
  expect((await own.adopt())?.worker).not.toBe(worker);
  await expect(meanwhile?.send([add])).rejects.toThrow(`a different worker of HAProxy answers than before`);
  await expect(flow.stop()).resolves.toEqual({ '200': expect.any(Number) });
});
