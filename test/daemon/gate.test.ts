import { expect, test } from '@jest/globals';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { makeGate } from '../../src/daemon/gate.ts';
import type { Document } from '../../src/model/document.ts';

const document = (config: string) => ({ config }) as unknown as Document;

function open({ waitsFor, mostMs = 60_000 }: { readonly waitsFor: Promise<unknown>; readonly mostMs?: number }) {
  const [wanted, warned] = [[] as Document[], [] as unknown[]];
  const ending = new AbortController();
  const log = { warn: (...words: unknown[]) => warned.push(words) };
  const drive = { want: (one: Document) => wanted.push(one) };
  const gate = makeGate({ drive, waitsFor, what: 'the first look at certificates', mostMs, log, signal: ending.signal });
  return { gate, wanted, warned, ending };
}

test('HAProxy gets the latest document when the gate opens, and every later one at once', async () => {
  let end = (): void => undefined;
  const waitsFor = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { gate, wanted, ending } = open({ waitsFor });
  const [first, second, third] = [document('1'), document('2'), document('3')];
  gate.see({ document: first });
  gate.see({ document: second });
  await setImmediate();
  expect(wanted).toEqual([]);
  end();
  await gate.opened;
  expect(wanted).toEqual([second]);
  gate.see({ document: third });
  expect(wanted).toEqual([second, third]);
  ending.abort();
});

test.each([
  ['ended', Promise.resolve()],
  ['failed', Promise.reject(new Error('no such file'))],
])('what the gate waits for has %s before the first view: it is open', async (_, waitsFor) => {
  const { gate, wanted, ending } = open({ waitsFor });
  await gate.opened;
  const first = document('1');
  gate.see({ document: first });
  expect(wanted).toEqual([first]);
  ending.abort();
});

test('what never ends is waited for no longer than its time, and the log says so', async () => {
  const { gate, wanted, warned, ending } = open({ waitsFor: new Promise(() => undefined), mostMs: 1 });
  const first = document('1');
  gate.see({ document: first });
  await gate.opened;
  expect(wanted).toEqual([first]);
  expect(warned).toEqual([
    [{ afterMs: 1 }, 'HAProxy gets its first configuration without waiting any longer for the first look at certificates'],
  ]);
  ending.abort();
});

test('nobody waits for the gate of a run that has ended, and HAProxy gets nothing more', async () => {
  const { gate, wanted, ending } = open({ waitsFor: new Promise(() => undefined) });
  gate.see({ document: document('1') });
  ending.abort();
  await gate.opened;
  gate.see({ document: document('2') });
  await setTimeout(1);
  expect(wanted).toEqual([]);
});
