import { expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { absorb } from '../../src/snapshot/absorb.ts';
import { readEvent } from '../../src/snapshot/events.ts';
import type { State } from '../../src/snapshot/state.ts';
import { openStream } from '../../src/source/stream.ts';
import { EMPTY } from '../golden/cases.ts';
import { nginx, readAt, task, VERSION, type Json } from '../story/cluster.ts';
import { recordLog } from './server.ts';

const { log } = recordLog();

type Told = readonly (readonly [type: string, data: unknown])[];

/** One attempt at a stream that sends these pieces, and ends; or breaks. */
async function attempt(pieces: readonly Uint8Array[], { breaks = false } = {}): Promise<{ readonly told: Told; readonly error: string }> {
  async function* sent(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      yield piece;
      await setImmediate();
    }
    if (breaks) throw new Error('reset');
  }
  const told: [string, unknown][] = [];
  const headers = { 'content-type': 'text/event-stream' };
  const ended = openStream({
    get: () => Promise.resolve({ status: 200, headers, body: Readable.from(sent()) }),
    url: 'http://marathon:8080/',
    types: ['status_update_event', 'api_post_event'],
    signal: new AbortController().signal,
    log,
    onAttached: () => undefined,
    onEvent: (type, data) => told.push([type, data]),
  });
  const error = await ended.then(
    () => 'none',
    (reason: unknown) => String(reason),
  );
  return { told, error };
}

const update = (n: number, taskStatus: string): Json => ({
  taskId: `nginx.000${n}`,
  appId: '/nginx',
  taskStatus,
  message: 'é€😀',
  host: '172.24.197.101',
  ipAddresses: [{ ipAddress: `192.168.84.10${n}` }],
  version: VERSION,
});

const EVENTS: Told = [
  ['event_stream_attached', { remoteAddress: '127.0.0.1' }],
  ['status_update_event', update(3, 'TASK_RUNNING')],
  ['api_post_event', { appDefinition: { id: '/nginx', labels: { OWNER: 'Zoë 💡' } } }],
  ['status_update_event', update(1, 'TASK_KILLED')],
];

/** A stream as Marathon writes it: events and beats; with comments, and lines that end in whatever a proxy may make of them. */
function record(end: string): { readonly bytes: Buffer; readonly ends: readonly number[] } {
  let text = `${end}: a comment ✓${end}`;
  const ends: number[] = [];
  for (const [type, data] of EVENTS) {
    text += `event: ${type}${end}data: ${JSON.stringify(data)}${end}${end}`;
    ends.push(Buffer.byteLength(text));
    text += `${end}: beat${end}${end}`;
  }
  return { bytes: Buffer.from(text), ends };
}

const RECORDS = (['\r\n', '\n', '\r'] as const).map((end) => [JSON.stringify(end), record(end)] as const);

test.each(RECORDS)('a stream that comes in two pieces, split at any byte, tells the same (lines end in %s)', async (_, { bytes }) => {
  for (let at = 0; at <= bytes.length; at++) {
    const { told, error } = await attempt([bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0));
    expect([at, told, error]).toEqual([at, EVENTS, 'Error: closed the event stream']);
  }
});

test('a byte order mark before it changes nothing, wherever it is split', async () => {
  const bytes = Buffer.concat([Buffer.from('\ufeff'), record('\r\n').bytes]);
  for (let at = 1; at < 8; at++) expect((await attempt([bytes.subarray(0, at), bytes.subarray(at)])).told).toEqual(EVENTS);
});

const START = absorb(EMPTY, readAt(1, nginx([task(1), task(2)])));
const READ = readAt(9, nginx([task(2), task(3)]));

/** What is known after these events, and the read that follows every re-attach. */
function after(told: Told): State {
  const news = told.flatMap(([type, data], i) => readEvent(type, data, 2 + i)?.news ?? []);
  return absorb(news.reduce(absorb, START), READ);
}

// where lines end in CR alone, the last one counts only with the byte behind it
test.each(RECORDS.slice(0, 2))(
  'a stream that ends at any byte tells what was whole before, once; with the next read all is the same (%s)',
  async (_, { bytes, ends }) => {
    const whole = after(EVENTS).snapshot;
    expect(whole.apps[0]?.tasks.map(({ id }) => id)).toEqual(['nginx.0002', 'nginx.0003']);
    for (let at = 0; at < bytes.length; at++) {
      for (const breaks of [false, true]) {
        const { told } = await attempt(
          [bytes.subarray(0, at)].filter(({ length }) => length > 0),
          { breaks },
        );
        const least = ends.filter((end) => end <= at).length;
        const most = ends.filter((end) => end - 1 <= at).length; // the LF behind the last CR
        expect([at, told]).toEqual([at, EVENTS.slice(0, Math.min(Math.max(told.length, least), most))]);
        expect([at, after(told).snapshot]).toEqual([at, whole]);
      }
    }
  },
);
