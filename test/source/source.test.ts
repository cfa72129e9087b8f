import { expect, test } from '@jest/globals';
import { makeBackoff } from '../../src/lib/backoff.ts';
import type { AppId } from '../../src/model/names.ts';
import type { EventMeaning } from '../../src/model/news.ts';
import { follow, poll } from '../../src/source/source.ts';
import type { StreamAttempt } from '../../src/source/stream.ts';
import { makeClock } from './clock.ts';
import { recordLog } from './server.ts';

type Open = Pick<StreamAttempt, 'url' | 'onAttached' | 'onBytes' | 'onEvent'> & { readonly end: (reason?: string) => void };

/** Of a task: told at once, then its app is read again; of a group: everything is. */
const readEvent = (type: string, data: unknown, at: number): EventMeaning | undefined => {
  const id = String(data) as AppId;
  if (type === 'status_update_event')
    return { reason: `${type} ${id}`, news: { kind: 'app', at, sentAt: at, id, app: undefined, problems: [] }, dirty: [id] };
  if (type === 'deployment_info') return { reason: `${type} ${id}`, dirty: [id], change: { version: id, isDeployed: true } };
  if (type === 'group_change_success with a version')
    return { reason: `${type} ${id}`, dirty: 'all', change: { version: id, isDeployed: false } };
  return type === 'group_change_success' ? { reason: `${type} ${id}`, dirty: 'all' } : undefined;
};

/** `follow` with streams and reads that the test plays, on a clock that it turns. */
function start(urls: readonly string[] = ['http://a:8080/']) {
  const stop = new AbortController();
  const clock = makeClock();
  const { log, lines } = recordLog();
  const attempts: { readonly at: number; readonly url: string }[] = [];
  const reads: string[] = [];
  let current: Open | undefined;
  const source = follow({
    urls,
    open: ({ url, onAttached, onBytes, onEvent }) =>
      new Promise((resolve, reject) => {
        const end = (reason?: string): void => {
          current = undefined;
          if (reason === undefined) resolve();
          else reject(new Error(reason));
        };
        current = { url, onAttached, ...(onBytes && { onBytes }), onEvent, end };
        attempts.push({ at: clock.now(), url });
      }),
    readEvent,
    tell: ({ kind, at }) => reads.push(`${clock.now()} told ${kind} of ${at}`),
    now: () => clock.now() + 0.5,
    reader: {
      ask: (what, reason) => reads.push(`${clock.now()} ${what} ${reason}`),
      read: (reason) => {
        reads.push(`${clock.now()} ${reason}`);
        return reason === 'fail' ? Promise.reject(new Error('no Marathon')) : Promise.resolve();
      },
    },
    backoff: makeBackoff({ first: 500, most: 15_000, random: () => 1 }),
    sleep: clock.sleep,
    log,
    signal: stop.signal,
  });
  const stream = (): Open => {
    if (current === undefined) throw new Error('no stream is open');
    return current;
  };
  const finish = async (): Promise<void> => {
    stop.abort();
    current?.end();
    await source.ended;
  };
  return { source, clock, lines, attempts, reads, stream, finish };
}

test('attaches first, then reads everything, then what events ask for, and all again every resync interval', async () => {
  const { clock, reads, stream, finish } = start();
  await clock.pass(1_000);
  expect(reads).toEqual([]);
  stream().onAttached();
  stream().onEvent('event_stream_attached', {});
  stream().onEvent('status_update_event', '/nginx');
  stream().onEvent('group_change_success', '/shop');
  await clock.pass(620_000);
  expect(reads.slice(0, 4)).toEqual([
    '1000 event stream attached',
    '1000 told app of 1000.5',
    '1000 /nginx status_update_event /nginx',
    '1000 all group_change_success /shop',
  ]);
  expect(reads.slice(4).map((read) => read.replace(/^\d+ /, ''))).toEqual(['resync interval', 'resync interval']);
  await finish();
});

test('reads only the apps of a deployment, and not everything for the change of groups before it', async () => {
  const { clock, reads, stream, finish } = start();
  stream().onAttached();
  stream().onEvent('group_change_success with a version', '/shop');
  stream().onEvent('deployment_info', '/shop');
  stream().onEvent('group_change_success with a version', '/empty');
  await clock.pass(100_000);
  expect(reads).toEqual([
    '0 event stream attached',
    '0 /shop deployment_info /shop',
    '2000 all group_change_success with a version /empty',
  ]);
  await finish();
});

test('polls while there is no stream, and not when it is back', async () => {
  const { clock, reads, stream, finish } = start();
  await clock.pass(31_000);
  expect(reads).toEqual(['2000 no event stream', '12000 no event stream', '22000 no event stream']);
  stream().onAttached();
  await clock.pass(100_000);
  expect(reads.slice(3)).toEqual(['31000 event stream attached']);
  stream().end('closed');
  await clock.pass(1_000);
  expect(reads.slice(4)).toEqual(['131000 no event stream']);
  stream().onAttached();
  await clock.pass(1);
  expect(reads.slice(5)).toEqual(['132000 event stream attached']);
  await finish();
});

test('knows when streams were attached, and when their last bytes came', async () => {
  const { source, clock, stream, finish } = start();
  await clock.pass(1_000);
  stream().onAttached();
  await clock.pass(500);
  stream().onBytes?.();
  stream().end('closed');
  await clock.pass(1_000);
  stream().onAttached();
  expect(source.heard()).toEqual([
    { since: 1_000.5, last: 1_500.5 },
    { since: 2_500.5, last: 2_500.5 },
  ]);
  await finish();
});

test('a refused stream does not hold up the first read', async () => {
  const { clock, reads, stream, finish } = start();
  stream().end('connect ECONNREFUSED');
  await clock.pass(1);
  expect(reads).toEqual(['0 no event stream']);
  await finish();
});

test('each attempt goes to the next host, later and later, until an event comes', async () => {
  const { clock, attempts, stream, finish } = start(['http://a:8080/', 'http://b:8080/']);
  for (let i = 0; i < 7; i++) {
    stream().onAttached(); // a beat is no event: it may come from a Marathon that sends nothing else
    stream().end('closed the event stream');
    await clock.pass(15_000);
  }
  const waits = attempts.slice(1).map(({ at }) => at % 15_000);
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 0, 0]);
  expect(attempts.map(({ url }) => url[7]).join('')).toBe('abababab');
  stream().onEvent('event_stream_attached', {});
  stream().end('closed the event stream');
  await clock.pass(500);
  expect((attempts.at(-1)?.at ?? 0) - (attempts.at(-2)?.at ?? 0)).toBe(500);
  await finish();
});

test('says once what is wrong with the stream, and once that it is over', async () => {
  const { clock, lines, stream, finish } = start(['http://me:s3cret@a:8080/']);
  for (const reason of ['closed', 'closed', 'refused', 'closed']) {
    stream().end(reason);
    await clock.pass(15_000);
  }
  stream().onEvent('event_stream_attached', {});
  stream().onEvent('event_stream_attached', {});
  stream().end('closed');
  await clock.pass(1);
  expect(lines).toEqual([
    'warn there is no event stream, so Marathon is polled {"reason":"http://a:8080: closed"}',
    'warn there is no event stream, so Marathon is polled {"reason":"http://a:8080: refused"}',
    'info event stream attached {"url":"http://a:8080"}',
    'warn there is no event stream, so Marathon is polled {"reason":"http://a:8080: closed"}',
  ]);
  await finish();
});

test('resync hands on what becomes of the read', async () => {
  const { source, finish } = start();
  await source.resync('by hand');
  await expect(source.resync('fail')).rejects.toThrow('no Marathon');
  await finish();
});

test('poll reads at once and then at its interval, and survives failures', async () => {
  const stop = new AbortController();
  const clock = makeClock();
  const reads: number[] = [];
  const read = (): Promise<void> => {
    reads.push(clock.now());
    return Promise.reject(new Error('no Marathon'));
  };
  const source = poll({ everyMs: 60_000, reader: { ask: () => undefined, read }, sleep: clock.sleep, signal: stop.signal });
  await clock.pass(150_000);
  expect(reads).toEqual([0, 60_000, 120_000]);
  await expect(source.resync('by hand')).rejects.toThrow('no Marathon');
  stop.abort();
  await source.ended;
});
