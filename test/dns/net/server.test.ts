import { afterEach, expect, test } from '@jest/globals';
import { decode } from 'dns-packet';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { makeForward } from '../../../src/dns/net/forward.ts';
import { makeResponder, type Forward, type Respond } from '../../../src/dns/answers/respond.ts';
import type { Allow } from '../../../src/dns/net/rate.ts';
import { serveDns } from '../../../src/dns/net/server.ts';
import { freePorts } from '../../e2e/ports.ts';
import { makeQuery, makeRandom } from '../answers/packets.ts';
import { ADDRESSES, makeZones, NGINX } from '../zones/zones.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const log = { debug: () => undefined };

function responder(forward?: Forward): Respond {
  const zones = makeZones({
    ...NGINX,
    'large.marathon.mesos': { a: Array.from({ length: 3_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`) },
  });
  return makeResponder({ zones: () => zones, forward, mayKnow: () => false, random: makeRandom(), keptBytes: 1e6 });
}

async function startServer(addresses: readonly string[], respond: Respond = responder(), allow: Allow = () => true): Promise<number> {
  const [port = 0] = await freePorts(1);
  const ending = new AbortController();
  const endpoints = addresses.map((address) => ({ address, port }));
  const { ended } = await serveDns({ endpoints, respond, allow, log, signal: ending.signal });
  ends.push(() => {
    ending.abort();
    return ended;
  });
  return port;
}

async function overUdp(port: number, packet: Buffer, address = '127.0.0.1'): Promise<Buffer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  ends.push(() => {
    socket.close();
  });
  socket.send(packet, port, address);
  const [reply] = (await once(socket, 'message')) as [Buffer];
  return reply;
}

function open(
  port: number,
  address = '127.0.0.1',
): { readonly socket: Socket; readonly messages: (count: number) => Promise<readonly Buffer[]> } {
  const socket = connect({ port, host: address });
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  let heard = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])));
  const whole = (): readonly Buffer[] => {
    const all: Buffer[] = [];
    for (let at = 0; at + 2 <= heard.length;) {
      const end = at + 2 + heard.readUInt16BE(at);
      if (end > heard.length) break;
      all.push(heard.subarray(at + 2, end));
      at = end;
    }
    return all;
  };
  const messages = async (count: number): Promise<readonly Buffer[]> => {
    while (whole().length < count) await once(socket, 'data');
    return whole();
  };
  return { socket, messages };
}

function framed(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

function addressesIn(reply: Buffer | undefined): readonly unknown[] {
  const answers = reply === undefined ? [] : (decode(reply).answers ?? []);
  return answers.map((record) => ('data' in record ? record.data : undefined)).sort();
}

const SORTED = [...ADDRESSES].sort();

test.each(['127.0.0.1', '::1'])('at %s over UDP and TCP', async (address) => {
  const port = await startServer(['127.0.0.1', '::1']);
  expect(addressesIn(await overUdp(port, makeQuery('nginx.marathon.mesos'), address))).toEqual(SORTED);
  const { socket, messages } = open(port, address);
  socket.write(framed(makeQuery('nginx.marathon.mesos')));
  const [reply] = await messages(1);
  expect(addressesIn(reply)).toEqual(SORTED);
});

test('over one connection several queries, however they are cut, each answered; long ones whole', async () => {
  const port = await startServer(['127.0.0.1']);
  const { socket, messages } = open(port);
  const bytes = Buffer.concat([1, 2, 3].map((id) => framed(makeQuery('nginx.marathon.mesos', 'A', { id }))));
  for (const piece of [bytes.subarray(0, 1), bytes.subarray(1, 50), bytes.subarray(50)]) {
    socket.write(piece);
    await new Promise(setImmediate);
  }
  expect((await messages(3)).map((reply) => reply.readUInt16BE(0))).toEqual([1, 2, 3]);
  socket.end(framed(makeQuery('large.marathon.mesos', 'A', { id: 4 }))); // whoever has asked all still wants to hear
  expect(addressesIn((await messages(4))[3]).length).toBe(3_000);
  await once(socket, 'close');
});

test('what is no query gets no answer over TCP but the end, and others are answered all the same', async () => {
  const port = await startServer(['127.0.0.1']);
  const { socket } = open(port);
  socket.write(Buffer.concat([Buffer.of(0, 3), Buffer.from('abc')]));
  await once(socket, 'end');
  for (const rubbish of [Buffer.alloc(0), Buffer.from('abc'), Buffer.alloc(9_000, 0xc0)]) {
    const sender = createSocket('udp4');
    await new Promise((sent) => {
      sender.send(rubbish, port, '127.0.0.1', sent);
    });
    sender.close();
  }
  expect(addressesIn(await overUdp(port, makeQuery('nginx.marathon.mesos')))).toEqual(SORTED);
});

test('an answer that fails is nobody else’s trouble', async () => {
  const sound = responder();
  const port = await startServer(['127.0.0.1'], (packet, transport) => {
    if (packet.readUInt16BE(0) === 666) throw new Error('nobody thought of this');
    return packet.readUInt16BE(0) === 667 ? Promise.reject(new Error('nor of this')) : sound(packet, transport);
  });
  const { socket } = open(port);
  socket.write(framed(makeQuery('a.mesos', 'A', { id: 666 })));
  await once(socket, 'close');
  for (const id of [666, 667]) {
    const sender = createSocket('udp4');
    await new Promise((sent) => {
      sender.send(makeQuery('a.mesos', 'A', { id }), port, '127.0.0.1', sent);
    });
    sender.close();
  }
  expect(addressesIn(await overUdp(port, makeQuery('nginx.marathon.mesos')))).toEqual(SORTED);
});

test('an address that is taken: a sentence with it, and nothing is listened at', async () => {
  const [port = 0, free = 0] = await freePorts(2);
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  ends.push(() => other.close());
  const serving = serveDns({
    endpoints: [free, port].map((each) => ({ address: '127.0.0.1', port: each })),
    respond: responder(),
    allow: () => true,
    log,
    signal: new AbortController().signal,
  });
  await expect(serving).rejects.toThrow(`--dns-listen 127.0.0.1:${port}: another program listens there (EADDRINUSE)`);
  await expect(startServerAt(free)).resolves.toBeUndefined();
  await expect(startServerAt(free, '192.0.2.1')).rejects.toThrow(`--dns-listen 192.0.2.1:${free}: this machine has no such address`);
});

async function startServerAt(port: number, address = '127.0.0.1'): Promise<void> {
  const ending = new AbortController();
  const { ended } = await serveDns({ endpoints: [{ address, port }], respond: responder(), allow: () => true, log, signal: ending.signal });
  ending.abort();
  await ended;
}

/** What a name server does with a query over UDP; over TCP it gives its true answer. */
type Manner = 'true' | 'silent' | 'lying' | 'cut' | 'failing';

async function startUpstream(manner: Manner, address: string): Promise<{ readonly address: string; readonly port: number }> {
  const zones = makeZones({ 'acme.mesos': { a: [address] } });
  const truth = makeResponder({ zones: () => zones, forward: undefined, mayKnow: () => false, random: makeRandom(), keptBytes: 1e6 });
  const [port = 0] = await freePorts(1);
  const udp: UdpSocket = createSocket('udp4');
  udp.on('message', (packet, { port: to, address: at }) => {
    const said = truth(packet, 'udp') as Buffer;
    const reply = Buffer.from(said);
    const flags = reply.readUInt16BE(2);
    if (manner === 'silent') return;
    if (manner === 'failing') reply.writeUInt16BE((flags & 0xfff0) | 2, 2);
    if (manner === 'cut') reply.writeUInt16BE(flags | 0x0200, 2);
    if (manner === 'lying') {
      const other = Buffer.from(reply);
      other.writeUInt16BE((other.readUInt16BE(0) + 1) & 0xffff, 0);
      udp.send(other, to, at);
      udp.send(truth(makeQuery('other.mesos', 'A', { id: reply.readUInt16BE(0) }), 'udp') as Buffer, to, at);
      udp.send(packet, to, at); // the query itself
    } else udp.send(reply, to, at);
  });
  const bound = once(udp, 'listening');
  udp.bind(port, '127.0.0.1');
  await bound;
  const tcp = createServer((socket) => {
    socket.once('data', (bytes: Buffer) => socket.end(framed(truth(bytes.subarray(2), 'tcp') as Buffer)));
  });
  await once(tcp.listen(port, '127.0.0.1'), 'listening');
  ends.push(() => {
    udp.close();
    tcp.close();
  });
  return { address: '127.0.0.1', port };
}

test.each<[readonly Manner[], 'udp' | 'tcp', readonly string[]]>([
  [['true'], 'udp', ['10.0.0.0']],
  [['true'], 'tcp', ['10.0.0.0']],
  [['true', 'true'], 'udp', ['10.0.0.0']],
  [['silent', 'true'], 'udp', ['10.0.0.1']],
  [['lying', 'true'], 'udp', ['10.0.0.1']],
  [['failing', 'true'], 'udp', ['10.0.0.1']],
  [['cut'], 'udp', ['10.0.0.0']],
  [['cut'], 'tcp', ['10.0.0.0']],
])('with upstreams that are %j, over %s: %j', async (manners, transport, expected) => {
  const upstreams = await Promise.all(manners.map((manner, i) => startUpstream(manner, `10.0.0.${i}`)));
  const forward = makeForward({ upstreams, deadlineMs: 2_000, most: 10, signal: new AbortController().signal });
  const zones = makeZones(NGINX, { apexes: [] });
  const respond = makeResponder({ zones: () => zones, forward, mayKnow: () => true, random: makeRandom(), keptBytes: 1e6 });
  const reply = await respond(makeQuery('Acme.mesos', 'A', { id: 99 }), transport);
  expect(reply?.readUInt16BE(0)).toBe(99);
  expect(addressesIn(reply)).toEqual(expected);
  expect(decode(reply as Buffer).questions?.[0]?.name).toBe('Acme.mesos');
});

test.each<[string, readonly Manner[]]>([
  ['silent', ['silent']],
  ['lying', ['lying', 'silent']],
  ['failing', ['failing']],
  ['none that is allowed', []],
])('upstreams that are %s: SERVFAIL, with recursion available', async (_what, manners) => {
  const upstreams = await Promise.all(manners.map((manner) => startUpstream(manner, '10.0.0.1')));
  const forward = makeForward({ upstreams, deadlineMs: 400, most: 10, signal: new AbortController().signal });
  const reply = await responder(forward)(makeQuery('acme.org'), 'udp');
  expect((reply?.readUInt16BE(2) ?? 0) & 0x800f).toBe(0x8002);
});

test('an upstream where nobody listens is passed over, and no more are asked at a time than that', async () => {
  const [dead = 0] = await freePorts(1);
  const slow = await startUpstream('silent', '10.0.0.1');
  const good = await startUpstream('true', '10.0.0.2');
  const signal = new AbortController().signal;
  const passing = makeForward({ upstreams: [{ address: '127.0.0.1', port: dead }, good], deadlineMs: 8_000, most: 10, signal });
  expect(addressesIn(await passing(makeQuery('acme.mesos'), 'udp'))).toEqual(['10.0.0.2']);
  expect(addressesIn(await passing(makeQuery('acme.mesos'), 'tcp'))).toEqual(['10.0.0.2']);
  const one = makeForward({ upstreams: [slow, good], deadlineMs: 4_000, most: 1, signal });
  const first = one(makeQuery('acme.mesos'), 'udp');
  await expect(one(makeQuery('other.mesos'), 'udp')).resolves.toBeUndefined();
  expect(addressesIn(await first)).toEqual(['10.0.0.2']);
});

test('somebody else’s answer that is longer than what is taken says only that it is cut', async () => {
  const long = Buffer.concat([makeQuery('acme.org'), Buffer.alloc(600)]);
  const reply = await responder(() => Promise.resolve(long))(makeQuery('acme.org', 'A', { id: 5 }), 'udp');
  expect(reply?.length).toBe(12 + 10 + 4);
  expect(decode(reply as Buffer)).toMatchObject({ id: 5, flag_tc: true, answers: [] });
});

test('a source that asks too much over UDP is told to use TCP, and is answered there', async () => {
  let left = 1;
  const port = await startServer(['127.0.0.1'], responder(), () => left-- > 0);
  const query = makeQuery('nginx.marathon.mesos', 'A', { size: 1232 });
  expect(addressesIn(await overUdp(port, query))).toEqual(SORTED);
  const cut = await overUdp(port, query);
  expect(decode(cut)).toMatchObject({ flag_tc: true, answers: [], questions: [{ name: 'nginx.marathon.mesos' }] });
  expect(cut.length).toBeLessThanOrEqual(query.length);
  const { socket, messages } = open(port);
  socket.write(framed(query));
  expect(addressesIn((await messages(1))[0])).toEqual(SORTED);
});
