import { expect, test } from '@jest/globals';
import { LoadCheck, type Incurable } from '../../src/drive/load-check.ts';
import type { Running } from '../../src/model/document.ts';
import type { Review } from '../../src/model/haproxy.ts';
import type { BackendName } from '../../src/model/names.ts';
import { oneAfterAnother } from '../../src/lib/runs.ts';
import { calm } from './drive-rig.ts';
import { shop } from './drive-live.ts';

const DOCUMENT = shop([1, 2]);
const LOADED: Running = { document: DOCUMENT, exceptions: new Map(), lost: new Map() };

/** A check of a HAProxy of which these backends are in doubt, each settled by taking its name into `lost`. */
function checking(names: readonly string[], given: Partial<Review> = {}) {
  let open: () => void = () => undefined;
  const read = new Promise<void>((resolve) => (open = resolve));
  const [log, onSocket]: [string[], ReturnType<typeof oneAfterAnother>] = [[], oneAfterAnother()];
  const state = { running: LOADED as Running | undefined };
  const review: Review = {
    doubts: async () => {
      await read;
      return { backends: new Set(names as readonly BackendName[]), maps: new Set(), unresolved: [] };
    },
    settle: (running, { backends }) => {
      log.push(`settle ${backends.size}`);
      return Promise.resolve({
        ...running,
        lost: new Map([...running.lost, ...Array.from(backends, (one) => [one, 'it is at another place'] as const)]),
      });
    },
    ...given,
  };
  const parts = { haproxy: { review }, signal: new AbortController().signal, troubled: (error: unknown) => log.push(String(error)) };
  const check = new LoadCheck({
    parts: parts as never,
    running: () => state.running,
    setRunning: (running) => (state.running = running),
    onSocket,
    readAgain: () => Promise.resolve(void log.push('read again')),
    changed: () => log.push('changed'),
  });
  return { check, log, onSocket, state, open };
}

test('commands go on while HAProxy is looked at, and what is in doubt is read back in turns with them', async () => {
  const names = Array.from({ length: 120 }, (_, i) => `a_${i}`);
  const { check, log, onSocket, state, open } = checking(names);
  check.begin(DOCUMENT, 'reloaded');
  await onSocket(() => Promise.resolve(void log.push('a command')));
  expect(log).toEqual(['a command']);
  open();
  await check.idle();
  expect(log).toEqual(['a command', 'settle 50', 'changed', 'settle 50', 'changed', 'settle 20', 'changed']);
  expect(state.running?.lost.size).toBe(120);
});

test.each<[Incurable, readonly string[], number]>([
  ['told', ['settle 1', 'Error: a_1: it is at another place'], 0],
  ['reloaded', ['settle 1', 'changed'], 1],
])('what commands cannot put right is %s', async (incurable, expected, lost) => {
  const { check, log, state, open } = checking(['a_1']);
  check.begin(DOCUMENT, incurable);
  open();
  await check.idle();
  expect(log).toEqual(expected);
  expect(state.running?.lost.size).toBe(lost);
});

test('a check that has been ended changes nothing', async () => {
  const { check, log, state, open } = checking(['a_1']);
  check.begin(DOCUMENT, 'reloaded');
  check.end();
  open();
  await calm();
  expect(log).toEqual([]);
  expect(state.running).toBe(LOADED);
});

test('HAProxy has ended while it was read back: it is not taken to run anything', async () => {
  let answer: (running: Running) => void = () => undefined;
  const { check, state, open } = checking(['a_1'], { settle: () => new Promise((resolve) => (answer = resolve)) });
  check.begin(DOCUMENT, 'reloaded');
  open();
  await calm();
  check.end();
  state.running = undefined;
  answer({ ...LOADED, lost: new Map([['a_1' as BackendName, 'it is at another place']]) });
  await calm();
  expect(state.running).toBeUndefined();
});

test.each(['doubts', 'settle'] as const)('everything is read back when HAProxy does not answer to %s', async (which) => {
  const { check, log, open } = checking(['a_1'], { [which]: () => Promise.reject(new Error('a different worker answers')) });
  check.begin(DOCUMENT, 'told');
  open();
  await check.idle();
  expect(log).toEqual(['read again', 'changed']);
});
