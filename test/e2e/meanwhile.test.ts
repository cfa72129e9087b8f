import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command, MapFile } from '../../src/model/document.ts';
import type { BackendName } from '../../src/model/names.ts';
import { ask as askHost } from './ask.ts';
import { freePorts } from './ports.ts';
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
  const watched = new AbortController();
  const over = own.reload([]).then(() => {
    watched.abort();
  });
  const add: Command = {
    text: 'add server many/more 127.0.0.1:80',
    expect: /^New server registered/,
    reason: { code: 'by-hand', subject: 'haproxy', detail: '' },
  };
  await expect(meanwhile?.send([add])).resolves.toMatchObject([{ taken: true }]);
  expect(watched.signal.aborted).toBe(false);
  await over;
  expect((await own.adopt())?.worker).not.toBe(worker);
  await expect(meanwhile?.send([add])).rejects.toThrow(`a different worker of HAProxy answers than before`);
  await expect(flow.stop()).resolves.toEqual({ '200': expect.any(Number) });
});

test('a map is replaced as a whole while requests are led by it, and during a reload in no worker by half', async () => {
  const { runDir, write, make } = await setStage(ends);
  const file = path.join(runDir, 'm.map');
  const rowsTo = (to: string, count: number) => new Map(Array.from({ length: count }, (_, i) => [`host-${i}.org`, to as BackendName]));
  const textOf = (rows: MapFile): string => Array.from(rows, ([key, to]) => `${key} ${to}\n`).join('');
  const servers = Array.from({ length: 5_000 }, (_, n) => `  server s${n} 127.9.${Math.floor(n / 200)}.${1 + (n % 200)}:80\n`);
  const answers = (to: string): string => `backend ${to}\n  http-request return status 200 hdr x-to ${to}\n`;
  await writeFile(file, textOf(rowsTo('first', 3_000)));
  const use = `  use_backend %[req.hdr(host),map_str(${file})] if { req.hdr(host),map_str(${file}) -m found }\n`;
  const [led = 0] = await freePorts(1);
  const end = `frontend led\n  bind 127.0.0.1:${led}\n${use}${answers('first')}${answers('second')}${answers('third')}`;
  await write({ end: `${end}backend many\n${servers.join('')}` });
  const own = make();
  await own.reload([]);
  await own.holds(document());
  const replacing = (to: string, count: number): Command => ({
    text: `commit map ${file}`,
    rows: rowsTo(to, count),
    expect: /^$/,
    reason: { code: 'map-changed', subject: 'm.map', detail: '' },
  });
  const toOf = async (i: number) => (await askHost({ port: led, host: `host-${i}.org` })).headers['x-to'];
  const seen: unknown[] = [];
  const watched = new AbortController();
  const watching = (async () => {
    while (!watched.signal.aborted) seen.push(await toOf(7));
  })();
  await expect(own.send([replacing('second', 5_000)])).resolves.toMatchObject([{ taken: true }]);
  await expect(Promise.all([0, 2_999, 4_999].map(toOf))).resolves.toEqual(['second', 'second', 'second']);
  const meanwhile = own.meanwhile?.();
  const over = own.reload([]);
  await expect(meanwhile?.send([replacing('third', 5_000)])).resolves.toMatchObject([{ taken: true }]);
  await expect(Promise.all([0, 4_999].map(toOf))).resolves.toEqual(['third', 'third']);
  await over;
  await expect(meanwhile?.send([replacing('second', 5_000)])).rejects.toThrow(`a different worker of HAProxy answers than before`);
  await expect(Promise.all([0, 2_999, 3_000].map(toOf))).resolves.toEqual(['first', 'first', undefined]); // as the file says
  watched.abort();
  await watching;
  expect(new Set(seen)).toEqual(new Set(['first', 'second', 'third']));
});
