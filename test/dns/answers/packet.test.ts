import { expect, test } from '@jest/globals';
import { decode, type DecodedPacket } from 'dns-packet';
import fc from 'fast-check';
import { makeResponder, type ResponderSettings } from '../../../src/dns/answers/respond.ts';
import type { Entry, Zones } from '../../../src/dns/zones/records.ts';
import { makeQuery, makeRandom } from './packets.ts';
import { ADDRESSES, makeZones, NGINX, type Names } from '../zones/zones.ts';

const MANY = Array.from({ length: 200 }, (_, i) => `10.0.${i >> 7}.${i & 127}`);
const LARGE: Names = {
  ...NGINX,
  'many.marathon.mesos': { a: MANY },
  '_many._tcp.marathon.mesos': { srv: MANY.map((_, i) => ({ target: `many-${i}.marathon.mesos`, port: 80 })) },
  ...Object.fromEntries(MANY.map((address, i) => [`many-${i}.marathon.mesos`, { a: [address] }])),
};

function makeRespond({
  zones = makeZones(LARGE),
  ...more
}: { zones?: Zones | undefined } & Partial<Omit<ResponderSettings, 'zones'>> = {}) {
  const respond = makeResponder({
    zones: () => zones,
    forward: undefined,
    mayKnow: () => false,
    random: makeRandom(),
    keptBytes: 1e6,
    ...more,
  });
  return (packet: Buffer, transport: 'udp' | 'tcp' = 'udp'): Buffer | undefined => {
    const reply = respond(packet, transport);
    if (reply instanceof Promise) throw new Error('this was to be answered at once');
    return reply;
  };
}

type Told = DecodedPacket & { readonly rcode: string; readonly opcode: string };

function told(reply: Buffer | undefined): Told {
  if (reply === undefined) throw new Error('there was no answer');
  const packet = decode(reply) as Told;
  expect(decode.bytes).toBe(reply.length);
  return packet;
}

const respond = makeRespond();
const ask = (name: string, type?: string, how?: Parameters<typeof makeQuery>[2]): Told => told(respond(makeQuery(name, type, how)));

function addresses(packet: DecodedPacket): readonly unknown[] {
  return (packet.answers ?? []).map((record) => ('data' in record ? record.data : undefined));
}

test('an answer repeats id, question and its letters, and says that it is one, with authority', () => {
  const packet = ask('nGiNx.MARATHON.mesos');
  expect(packet).toMatchObject({
    id: 4711,
    type: 'response',
    rcode: 'NOERROR',
    flag_aa: true,
    flag_rd: true,
    flag_ra: false,
    flag_tc: false,
  });
  expect(packet.questions).toEqual([{ name: 'nGiNx.MARATHON.mesos', type: 'A', class: 'IN' }]);
  expect(packet.answers?.[0]).toMatchObject({ name: 'nGiNx.MARATHON.mesos', type: 'A', ttl: 60, class: 'IN' });
  expect([...addresses(packet)].sort()).toEqual([...ADDRESSES].sort());
  expect(packet.additionals).toEqual([]);
});

test('services come with the addresses of their targets, in every part the name that is meant', () => {
  const { answers, additionals } = ask('_NGINX._tcp.Marathon.mesos', 'SRV');
  const targets = answers?.map((record) => (record.type === 'SRV' ? record.data.target : ''));
  expect(new Set(targets)).toEqual(new Set(['nginx-jhy6r-s1', 'nginx-iffe9-s2', 'nginx-tzrok-s1'].map((name) => `${name}.marathon.mesos`)));
  expect(new Set(additionals?.map(({ name }) => name.toLowerCase()))).toEqual(new Set(targets));
  expect(additionals?.every((record) => record.type === 'A' && ADDRESSES.includes(record.data as never))).toBe(true);
});

test('answers are shuffled: each address is first for about as many', () => {
  const first = Array.from({ length: 300 }, () => addresses(ask('nginx.marathon.mesos'))[0]);
  for (const address of ADDRESSES) expect(first.filter((one) => one === address).length).toBeGreaterThan(60);
});

test('an unknown name: NXDOMAIN with the SOA, whatever letters and dots are asked for', () => {
  const packet = ask('Nobody.mesos');
  expect(packet).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true, answers: [], authorities: [{ type: 'SOA', name: 'mesos' }] });
  const dotted = makeQuery('nginx-marathon.mesos');
  dotted[12 + 1 + 'nginx'.length] = 0x2e; // a dot inside the label
  expect(told(respond(dotted))).toMatchObject({ rcode: 'NXDOMAIN', authorities: [{ name: 'mesos' }] });
  const kelvin = makeQuery('\u212a.marathon.mesos'); // U+212A, which is a k in lower case
  expect(told(makeRespond({ zones: makeZones({ 'k.marathon.mesos': { a: ['10.0.0.1'] } }) })(kelvin)).rcode).toBe('NXDOMAIN');
});

test.each([
  ['acme.org', 'REFUSED'],
  ['.', 'REFUSED'],
])('%s is not ours: %s', (name, rcode) => {
  expect(ask(name)).toMatchObject({ rcode, flag_aa: false, answers: [] });
});

test('before Marathon was read nobody knows: SERVFAIL', () => {
  const early = makeResponder({ zones: () => undefined, forward: undefined, mayKnow: () => false, random: makeRandom(), keptBytes: 1e6 });
  expect(told(early(makeQuery('nginx.marathon.mesos'), 'udp') as Buffer).rcode).toBe('SERVFAIL');
});

{
  test.each([
    [undefined, 512],
    [0, 512],
    [100, 512],
    [700, 700],
    [1_232, 1_232],
    [4_096, 1_232],
    [65_535, 1_232],
  ])('EDNS with %s bytes: no longer than %i, and cut where there is more', (size, most) => {
    for (const [name, type] of [
      ['many.marathon.mesos', 'A'],
      ['_many._tcp.marathon.mesos', 'SRV'],
    ] as const) {
      const reply = respond(makeQuery(name, type, size === undefined ? {} : { size }));
      expect(reply?.length).toBeLessThanOrEqual(most);
      expect(reply?.length).toBeGreaterThan(most - 80); // as many as there is room for
      const packet = told(reply);
      expect(packet.flag_tc).toBe(true);
      expect(packet.additionals?.map((record) => record.type)).toEqual(size === undefined ? [] : ['OPT']);
    }
  });
}

test('the additional records go first: the answers are all there then', () => {
  const services = MANY.slice(0, 8).map((_, i) => ({ target: `many-${i}.marathon.mesos`, port: 80 }));
  const some = makeRespond({ zones: makeZones({ ...LARGE, '_some._tcp.marathon.mesos': { srv: services } }) });
  expect(told(some(makeQuery('_some._tcp.marathon.mesos', 'SRV')))).toMatchObject({
    flag_tc: true,
    answers: { length: 8 },
    additionals: [],
  });
  const whole = told(some(makeQuery('_some._tcp.marathon.mesos', 'SRV', { size: 1_232 })));
  expect(whole).toMatchObject({ flag_tc: false, answers: { length: 8 }, additionals: { length: 9 } });
});

test('over TCP all of it, up to what a length can say; and never cut: resolvers would give none of it on', () => {
  const whole = told(respond(makeQuery('_many._tcp.marathon.mesos', 'SRV'), 'tcp'));
  expect(whole).toMatchObject({ flag_tc: false, answers: { length: 200 }, additionals: { length: 200 } });
  const huge = Array.from({ length: 5_000 }, (_, i) => [`huge-${i}.marathon.mesos`, `10.1.${i >> 8}.${i & 255}`] as const);
  const zones = makeZones({
    'huge.marathon.mesos': { a: huge.map(([, address]) => address) },
    '_huge._tcp.marathon.mesos': { srv: huge.slice(0, 1_100).map(([target]) => ({ target, port: 80 })) },
    ...Object.fromEntries(huge.map(([name, address]) => [name, { a: [address] }])),
  });
  const reply = makeRespond({ zones })(makeQuery('huge.marathon.mesos'), 'tcp');
  expect(reply?.length).toBeLessThan(65_535 - 100); // there is room for the cookie that a resolver adds
  expect(told(reply)).toMatchObject({ flag_tc: false, answers: { length: 4_061 } });
  const services = makeRespond({ zones })(makeQuery('_huge._tcp.marathon.mesos', 'SRV'), 'tcp');
  expect(told(services)).toMatchObject({ flag_tc: false, answers: { length: 1_100 }, additionals: [] });
});

test('OPT is answered where it was asked, with DO as it was; another version is BADVERS', () => {
  const opt = (packet: Told): unknown => packet.additionals?.find(({ type }) => type === 'OPT');
  expect(opt(ask('nginx.marathon.mesos', 'A', { size: 4_096 }))).toMatchObject({ udpPayloadSize: 1_232, ednsVersion: 0, flag_do: false });
  const withDo = makeQuery('nginx.marathon.mesos', 'A', { size: 4_096 });
  withDo.writeUInt16BE(0x8000, withDo.length - 4);
  expect(opt(told(respond(withDo)))).toMatchObject({ flag_do: true });
  const newer = makeQuery('nginx.marathon.mesos', 'A', { size: 4_096 });
  newer[newer.length - 5] = 1;
  expect(told(respond(newer))).toMatchObject({ answers: [], additionals: [{ extendedRcode: 1, ednsVersion: 0 }] });
});

const QUERY = makeQuery('nginx.marathon.mesos', 'A', { size: 1_232 });

/** A query with other bytes from a place on. */
function changed(at: number, ...bytes: readonly number[]): Buffer {
  const packet = Buffer.from(QUERY);
  bytes.forEach((byte, i) => (packet[at + i] = byte));
  return packet;
}

test.each([
  ['no question', changed(4, 0, 0), 1],
  ['two questions', changed(4, 0, 2), 1],
  ['65,535 questions', changed(4, 255, 255), 1],
  ['more records than there are', changed(10, 0, 2), 1],
  ['a crowd of records', changed(6, 255, 255), 1],
  ['two OPT records', Buffer.concat([changed(10, 0, 2), QUERY.subarray(-11)]), 1],
  ['something behind its end', Buffer.concat([QUERY, Buffer.from('rubbish')]), 1],
  ['64 kB of nothing', Buffer.concat([QUERY, Buffer.alloc(64_000)]), 1],
  ['a name that points at itself', changed(12, 0xc0, 12), 1],
  ['a name that points before itself', changed(12, 0xc0, 4), 1],
  ['a record that points at itself', changed(QUERY.length - 11, 0xc0, QUERY.length - 11), 1],
  ['a label of 64 bytes', changed(12, 64), 1],
  ['NOTIFY', changed(2, 0x20), 4],
  ['UPDATE', changed(2, 0x28), 4],
])('%s: the header alone, with why', (_what, packet, rcode) => {
  const reply = respond(packet);
  expect(reply?.length).toBe(12);
  expect(reply?.readUInt16BE(0)).toBe(4711);
  expect((reply?.readUInt16BE(2) ?? 0) & 0x800f).toBe(0x8000 | rcode);
});

test.each([
  ['an answer', changed(2, 0x81)],
  ['eleven bytes', QUERY.subarray(0, 11)],
  ['nothing', Buffer.alloc(0)],
])('%s: no answer', (_what, packet) => {
  expect(respond(packet)).toBeUndefined();
});

/** What must be true of an answer to anything. */
function expectSane(packet: Buffer): void {
  const reply = respond(packet);
  if (reply === undefined) return;
  expect(reply.length).toBeLessThanOrEqual(1_232);
  expect(reply.readUInt16BE(0)).toBe(packet.readUInt16BE(0));
  expect(reply.readUInt16BE(2) & 0x8000).toBe(0x8000);
  decode(reply);
  expect(decode.bytes).toBe(reply.length);
}

test('every part of a query from its start, and every byte of it changed, is answered sanely or not at all', () => {
  for (const query of [QUERY, makeQuery('_many._tcp.marathon.mesos', 'SRV', { size: 1_232 })]) {
    for (let end = 0; end < query.length; end++) expectSane(query.subarray(0, end));
    for (let at = 0; at < query.length; at++)
      for (const byte of [0, 1, 63, 64, 128, 192, 255]) {
        const packet = Buffer.from(query);
        packet[at] = byte;
        expectSane(packet);
      }
  }
});

test('so is any packet', () => {
  const header = fc.uint8Array({ minLength: 0, maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  const behindHeader = header.map((bytes) => Buffer.concat([QUERY.subarray(0, 12), bytes]));
  const behindQuestion = header.map((bytes) => Buffer.concat([QUERY.subarray(0, QUERY.length - 11), bytes]));
  fc.assert(
    fc.property(fc.oneof(header, behindHeader, behindQuestion), (packet) => {
      expectSane(packet);
    }),
    { numRuns: 500 },
  );
});

test('an answer is kept as long as its entries are the same, and another zone, entry or target makes another', () => {
  const target = { a: ['10.0.0.1'] };
  const names: Names = { '_a._tcp.marathon.mesos': { srv: [{ target: 'a-x.marathon.mesos', port: 80 }] }, 'a-x.marathon.mesos': target };
  let zones = makeZones(names);
  let looked = 0;
  const counted = (): Zones => ({ ...zones, find: (name): Entry | undefined => (looked++, zones.find(name)) });
  let now = counted();
  const own = makeResponder({ zones: () => now, forward: undefined, mayKnow: () => false, random: makeRandom(), keptBytes: 1e6 });
  const seen = (): unknown =>
    told(own(makeQuery('_a._tcp.marathon.mesos', 'SRV'), 'udp') as Buffer).additionals?.map((record) => addressOf(record));
  expect(seen()).toEqual(['10.0.0.1']);
  looked = 0;
  expect(seen()).toEqual(['10.0.0.1']);
  expect(looked).toBe(0);
  zones = makeZones({ ...names, 'other.marathon.mesos': { a: ['10.0.0.9'] } }, { serial: 2 });
  now = counted();
  expect(seen()).toEqual(['10.0.0.1']);
  zones = makeZones({ ...names, 'a-x.marathon.mesos': { a: ['10.0.0.2'] } }, { serial: 3 });
  now = counted();
  expect(seen()).toEqual(['10.0.0.2']);
  zones = makeZones({ 'a-x.marathon.mesos': target }, { serial: 4 });
  now = counted();
  expect(told(own(makeQuery('_a._tcp.marathon.mesos', 'SRV'), 'udp') as Buffer)).toMatchObject({
    answers: [],
    authorities: [{ data: { serial: 4 } }],
  });
});

function addressOf(record: object): unknown {
  return 'data' in record ? record.data : undefined;
}

test('more names than are kept are answered as well', () => {
  const names = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`a${i}.marathon.mesos`, { a: [`10.0.${i >> 8}.${i & 255}`] }]));
  const small = makeRespond({ zones: makeZones(names), keptBytes: 10_000 });
  for (let round = 0; round < 2; round++)
    for (const [name, { a }] of Object.entries(names)) expect(addresses(told(small(makeQuery(name))))).toEqual(a);
});
