import { expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { makeInbox, type Inbox } from '../../src/lib/inbox.ts';

/** All batches until the inbox ends. */
async function readAll(inbox: Inbox<number>, seen: (readonly number[])[]): Promise<void> {
  for await (const batch of inbox) seen.push(batch);
}

test('what is told together comes together, in order; what is told later comes later', async () => {
  const ending = new AbortController();
  const inbox = makeInbox<number>(ending.signal);
  const seen: (readonly number[])[] = [];
  inbox.tell(1);
  inbox.tell(2);
  const reading = readAll(inbox, seen);
  await setImmediate();
  expect(seen).toEqual([[1, 2]]);
  inbox.tell(3);
  inbox.tell(4);
  await setImmediate();
  inbox.tell(5);
  await setImmediate();
  expect(seen).toEqual([[1, 2], [3, 4], [5]]);
  ending.abort();
  await reading;
});

test('what is told while a batch is looked at is the next one', async () => {
  const ending = new AbortController();
  const inbox = makeInbox<number>(ending.signal);
  inbox.tell(1);
  const seen: (readonly number[])[] = [];
  for await (const batch of inbox) {
    seen.push(batch);
    if (batch.includes(1)) {
      inbox.tell(2);
      inbox.tell(3);
    } else ending.abort();
  }
  expect(seen).toEqual([[1], [2, 3]]);
});

test.each([
  ['while it waits', 0],
  ['although there is news', 1],
])('ends when the signal aborts, %s', async (_, news) => {
  const ending = new AbortController();
  const inbox = makeInbox<number>(ending.signal);
  const seen: (readonly number[])[] = [];
  const reading = readAll(inbox, seen);
  await setImmediate();
  for (let i = 0; i < news; i++) inbox.tell(i);
  ending.abort();
  inbox.tell(9);
  await reading;
  expect(seen).toEqual([]);
});

test('gives nothing when it had ended before', async () => {
  const inbox = makeInbox<number>(AbortSignal.abort());
  inbox.tell(1);
  const seen: (readonly number[])[] = [];
  await readAll(inbox, seen);
  expect(seen).toEqual([]);
});

test('it is drained when the reader has worked through what was told before, not earlier', async () => {
  const ending = new AbortController();
  const inbox = makeInbox<number>(ending.signal);
  const events: string[] = [];
  const drained = (name: string): void => void inbox.drained().then(() => events.push(name));
  drained('nothing told');
  inbox.tell(1);
  drained('1 told');
  const reading = (async () => {
    for await (const batch of inbox) {
      events.push(`reads ${batch.join(' ')}`);
      if (batch[0] === 1) inbox.tell(2);
      drained(`during ${batch.join(' ')}`);
      await setImmediate();
      events.push(`has read ${batch.join(' ')}`);
    }
  })();
  await setImmediate();
  await setImmediate();
  await setImmediate();
  expect(events).toEqual(['nothing told', 'reads 1', 'has read 1', '1 told', 'reads 2', 'has read 2', 'during 1', 'during 2']);
  ending.abort();
  await reading;
});

test.each<[string, (inbox: Inbox<number>, ending: AbortController) => Promise<void>]>([
  [
    'by its signal',
    async (_inbox, ending) => {
      ending.abort();
      await setImmediate();
    },
  ],
  [
    'because the reader fails',
    async (inbox) => {
      const failing = async (): Promise<void> => {
        for await (const batch of inbox) throw new Error(`can't take ${batch.join(' ')}`);
      };
      await expect(failing()).rejects.toThrow("can't take 1");
    },
  ],
])('nobody waits for an inbox that has ended %s', async (_, end) => {
  const ending = new AbortController();
  const inbox = makeInbox<number>(ending.signal);
  inbox.tell(1);
  const before = inbox.drained();
  await end(inbox, ending);
  await before;
  inbox.tell(2);
  await inbox.drained();
});
