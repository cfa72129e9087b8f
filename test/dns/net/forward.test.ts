import { afterEach, expect, test } from '@jest/globals';
import { decode } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { makeForward } from '../../../src/dns/net/forward.ts';
import { freePorts } from '../../e2e/ports.ts';
import { makeQuery } from '../answers/packets.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An upstream that answers after 50 ms; `asked`: the questions as they came. */
async function startRecorder(rewrite: (question: Buffer) => Buffer) {
  const [port = 0] = await freePorts(1);
  const asked: string[] = [];
  const udp = createSocket('udp4').on('message', (packet, { port: to, address }) => {
    const question = packet.subarray(12, packet.indexOf(0, 12) + 5);
    asked.push(question.toString('latin1'));
    const header = Buffer.from(packet.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(0, 10);
    setTimeout(() => {
      udp.send(Buffer.concat([header, rewrite(question)]), to, address);
    }, 50);
  });
  const bound = once(udp, 'listening');
  udp.bind(port, '127.0.0.1');
  await bound;
  ends.push(() => {
    udp.close();
  });
  return { upstream: { address: '127.0.0.1', port }, asked };
}

test('equal questions are asked once, in random letters, and each client has its own letters and id back', async () => {
  const { upstream, asked } = await startRecorder((question) => question);
  const forward = makeForward({ upstreams: [upstream], deadlineMs: 4_000, most: 10, signal: new AbortController().signal });
  const names = ['a-long-name-with-letters.acme.org', 'A-Long-Name-With-Letters.Acme.Org'];
  const replies = await Promise.all(names.map((name, id) => forward(makeQuery(name, 'A', { id }), 'udp')));
  expect(replies.map((reply) => [reply?.readUInt16BE(0), decode(reply as Buffer).questions?.[0]?.name])).toEqual(
    names.map((name, id) => [id, name]),
  );
  expect(asked.length).toBe(1);
  await forward(makeQuery(names[0] ?? '', 'AAAA'), 'udp');
  await forward(makeQuery(names[0] ?? ''), 'udp');
  expect(asked.length).toBe(3);
  expect(asked.every((question) => /[a-z]/.test(question) && /[A-Z]/.test(question))).toBe(true);
  expect(new Set(asked.map((question) => question.slice(0, -4))).size).toBe(3);
});

test('an answer in other letters does not count over UDP', async () => {
  const { upstream } = await startRecorder((question) => Buffer.from(question.toString('latin1').toLowerCase(), 'latin1'));
  const forward = makeForward({ upstreams: [upstream], deadlineMs: 1_000, most: 10, signal: new AbortController().signal });
  expect(await forward(makeQuery('a-long-name-with-letters.acme.org'), 'udp')).toBeUndefined(); // nobody answers over TCP there
});
