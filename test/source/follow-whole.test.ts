import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { makeBackoff } from '../../src/lib/backoff.ts';
import { now, type Sleep } from '../../src/lib/clock.ts';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';
import { makeReadScheduler } from '../../src/source/read-scheduler.ts';
import { makeAppRead, makeFullRead } from '../../src/source/read-to-news.ts';
import { follow } from '../../src/source/source.ts';
import { openStream } from '../../src/source/stream.ts';
import { decode } from './apps.ts';
import { closeServers, recordLog, serve } from './server.ts';

afterEach(closeServers);

test('all together: over real sockets, through a lost stream, to the end', async () => {
  const streams: ServerResponse[] = [];
  let apps = ['/a'];
  const marathon = await serve((request, response) => {
    const [path = ''] = request.url?.split('?') ?? [];
    const id = path.slice('/v2/apps'.length);
    if (path === '/v2/apps') response.end(JSON.stringify({ apps: apps.map((each) => ({ id: each })) }));
    else if (apps.includes(id)) response.end(JSON.stringify({ app: { id } }));
    else if (path.startsWith('/v2/apps/')) response.writeHead(404).end(JSON.stringify({ message: `App '${id}' does not exist` }));
    else {
      streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      response.write('event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n');
    }
  });
  const stop = new AbortController();
  const { signal } = stop;
  const { log } = recordLog();
  const told: string[] = [];
  const until = async (what: string): Promise<void> => {
    while (told.at(-1) !== what) await setTimeout(1);
  };
  const client = makeClient({ urls: [marathon.url], auth: noAuth, now });
  const sleep: Sleep = (ms, until) => setTimeout(ms, undefined, { signal: until });
  const tell = (news: News): void => {
    if (news.kind === 'apps') told.push(news.apps.map(({ id }) => id).join());
    if (news.kind === 'app') told.push(`${news.id} ${news.app === undefined ? 'gone' : 'there'}`);
  };
  const reads = { decode, tell, now, log };
  const source = follow({
    urls: client.urls,
    open: (attempt) => openStream({ get: client.get, types: ['status_update_event'], log, ...attempt }),
    readEvent: (type, data) => (type === 'status_update_event' ? { reason: type, dirty: [(data as { appId: AppId }).appId] } : undefined),
    reader: makeReadScheduler({
      now,
      readAll: makeFullRead({ readApps: client.readApps, ...reads }),
      readApp: makeAppRead({ readApp: client.readApp, ...reads }),
      quietMs: 1,
      sleep,
      log,
      signal,
    }),
    tell,
    now,
    backoff: makeBackoff({ first: 10, most: 20, random: Math.random }),
    sleep,
    log,
    signal,
  });
  const update = (appId: string): void => {
    streams[0]?.write(`event: status_update_event\r\ndata: ${JSON.stringify({ appId })}\r\n\r\n`);
  };
  await until('/a');
  apps = ['/b', '/a'];
  update('/b');
  await until('/b there');
  apps = ['/b'];
  update('/a');
  await until('/a gone');
  apps = ['/c'];
  streams[0]?.end();
  await until('/c');
  expect(streams).toHaveLength(2);
  expect(marathon.asked.filter(({ url }) => url.startsWith('/v2/apps?'))).toHaveLength(2);
  apps = ['/d'];
  await source.resync('by hand');
  expect(told.at(-1)).toBe('/d');
  stop.abort();
  await source.ended;
  await client.close();
});
