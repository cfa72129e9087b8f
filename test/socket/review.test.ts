import { expect, test } from '@jest/globals';
import { oneAfterAnother } from '../../src/lib/runs.ts';
import type { Document, Running, ServerException, Stage } from '../../src/model/document.ts';
import type { Review } from '../../src/model/haproxy.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { makeReview } from '../../src/socket/review.ts';
import { makeRuntime } from '../../src/socket/worker.ts';
import { backendSection, document, fragment } from '../haproxy/make.ts';
import { answersOf, makeSockets, type Played } from './socket.ts';

const socketWith = makeSockets();
const HEAD =
  '1\n# be_name srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_check_result srv_check_state srv_port srv_use_ssl srv_fqdn\n';
const [SHOP, CART, MAP] = ['shop_1', 'cart_2', 'domain2backend.map'];

/** What HAProxy has: servers and their `srv_admin_state` by backend, rows of the map. */
interface Has {
  readonly servers: Record<string, Record<string, number>>;
  readonly rows: Record<string, string>;
}

function rowsOf(backend: string, servers: Readonly<Record<string, number>>): string {
  return Object.entries(servers)
    .map(([name, admin]) => `${backend} ${name} 10.0.0.1 2 ${admin} 1 0 0 80 0 -\n`)
    .join('');
}

function says({ servers, rows }: Has, command: string): string {
  if (command === 'show servers state')
    return (
      HEAD +
      Object.entries(servers)
        .map(([backend, its]) => rowsOf(backend, its))
        .join('')
    );
  if (command === 'show backend') return ['# name', ...Object.keys(servers), ''].join('\n');
  if (command.startsWith('show map'))
    return Object.entries(rows)
      .map(([key, to]) => `0x1 ${key} ${to}\n`)
      .join('');
  const backend = command.replace('show servers state ', '');
  const its = servers[backend];
  return its === undefined ? "Can't find backend.\n" : HEAD + rowsOf(backend, its);
}

const section = (name: string, servers: readonly string[]) =>
  backendSection(
    name,
    [`backend ${name}\n`],
    Object.fromEntries(servers.map((server) => [server, `  server ${server} 10.0.0.1:80 id 7\n`])),
  );
const LOADED = document({ backends: [section(SHOP, ['a', 'b']), section(CART, ['c'])], maps: { [MAP]: { 'shop.acme.org': SHOP } } });
const asLoaded = (): Has => ({ servers: { [SHOP]: { a: 0, b: 0 }, [CART]: { c: 0 } }, rows: { 'shop.acme.org': SHOP } });
const running = (one: Document, more: Partial<Running> = {}): Running => ({
  document: one,
  exceptions: new Map(),
  lost: new Map(),
  ...more,
});

async function reviewing(has: Has): Promise<{ readonly review: Review; readonly lines: string[]; readonly played: Played }> {
  const played: Played = { version: '2.6.12', pid: 7 };
  const lines: string[] = [];
  const socketPath = await socketWith((line, socket) => {
    lines.push(line);
    socket.end(answersOf(line, played, (command) => says(has, command)));
  });
  const runtime = makeRuntime({ socketPath, prefix: '', mapFolder: '/etc/haproxy' });
  return { review: makeReview({ runtime, mapFolder: '/etc/haproxy', inTurn: oneAfterAnother() }), lines, played };
}

const all = (doubts: { readonly backends: ReadonlySet<string>; readonly maps: ReadonlySet<string> }) => [
  [...doubts.backends],
  [...doubts.maps],
];

test.each<[string, (has: Has) => unknown, readonly (readonly string[])[]]>([
  ['nothing, where HAProxy has it so', () => undefined, [[], []]],
  ['a backend with a server more', ({ servers }) => void Object.assign(servers[SHOP] ?? {}, { new: 0 }), [[SHOP], []]],
  ['a backend with a server in maintenance', ({ servers }) => void Object.assign(servers[SHOP] ?? {}, { a: 1 }), [[SHOP], []]],
  ['a backend that is gone', ({ servers }) => Reflect.deleteProperty(servers, CART), [[CART], []]],
  ['a map with a row more', ({ rows }) => void (rows['cart.acme.org'] = CART), [[], [MAP]]],
  ['a map without a row', ({ rows }) => Reflect.deleteProperty(rows, 'shop.acme.org'), [[], [MAP]]],
])('in doubt is %s', async (_, change, expected) => {
  const has = asLoaded();
  change(has);
  const { review } = await reviewing(has);
  expect(all(await review.doubts(LOADED))).toEqual(expected);
});

test('doubts reject when a different worker answers than the one that takes the commands', async () => {
  const { review, played, lines } = await reviewing(asLoaded());
  const doubts = review.doubts(LOADED);
  while (lines.length === 0) await new Promise(setImmediate);
  played.pid = 8;
  await expect(doubts).rejects.toThrow('somebody has reloaded HAProxy');
});

function exception(server: string, stage: Stage): readonly [string, ServerException] {
  const line = fragment(`  server ${server} 10.0.0.1:80 as known\n`);
  return [`${SHOP}/${server}`, { backend: SHOP as BackendName, server: server as ServerName, line, stage }];
}

const DOUBTS = { backends: new Set([SHOP, 'gone_9'] as BackendName[]), maps: new Set([MAP]) };

test('only what is in doubt is asked for, and read back as it is', async () => {
  const has = asLoaded();
  has.servers[SHOP] = { a: 0, more: 0 };
  has.servers[CART] = {};
  has.rows['cart.acme.org'] = CART;
  const { review, lines } = await reviewing(has);
  const before = running(LOADED, { lost: new Map([[CART as BackendName, 'it was refused']]) });
  const { document: held, lost } = await review.settle(before, DOUBTS);
  expect([...(held.backends[0]?.servers.keys() ?? [])]).toEqual(['a', 'more']);
  expect(held.backends[1]).toBe(LOADED.backends[1]);
  expect(Object.fromEntries(held.maps[MAP] ?? [])).toEqual({ 'shop.acme.org': SHOP, 'cart.acme.org': CART });
  expect(lost).toEqual(before.lost);
  expect(lines.join()).not.toContain('show backend');
  expect(lines.join()).not.toContain(`state ${CART}`);
});

test('parts that agree stay the same objects', async () => {
  const { review } = await reviewing(asLoaded());
  const { document: held, exceptions } = await review.settle(running(LOADED), DOUBTS);
  expect(held).toBe(LOADED);
  expect(exceptions.size).toBe(0);
});

test('servers that wait for their check, or to be deleted, stay as they are known', async () => {
  const has = asLoaded();
  has.servers[SHOP] = { a: 1, b: 1, old: 1, ends: 8 };
  const { review } = await reviewing(has);
  const known = new Map([
    exception('a', 'checking'),
    exception('b', 'passed'),
    exception('old', 'stopped'),
    exception('was', 'stopped'),
    exception('ends', 'stopped'),
  ]);
  const { exceptions } = await review.settle(running(LOADED, { exceptions: known }), DOUBTS);
  expect(Array.from(exceptions, ([key, { stage, line }]) => [key, stage, line.text.includes('as known')])).toEqual([
    [`${SHOP}/a`, 'checking', true],
    [`${SHOP}/b`, 'passed', true],
    [`${SHOP}/old`, 'stopped', true],
    [`${SHOP}/ends`, 'draining', true],
  ]);
  expect(exceptions.get(`${SHOP}/old`)).toBe(known.get(`${SHOP}/old`));
});

test('a backend that HAProxy does not have is lost', async () => {
  const has = asLoaded();
  Reflect.deleteProperty(has.servers, SHOP);
  const { review } = await reviewing(has);
  expect([...(await review.settle(running(LOADED), DOUBTS)).lost]).toEqual([[SHOP, 'HAProxy does not have this backend']]);
});

test('a backend that HAProxy has beside the document is a stray, where the daemon makes backends', async () => {
  const has = asLoaded();
  has.servers['gone_9'] = { '10_0_0_1_80': 0 };
  const { review } = await reviewing(has);
  const classes = {
    name: 'defaults marathon_lb_class_1',
    backend: 'marathon_lb_class_1' as BackendName,
    fragments: [],
    servers: new Map(),
    leaving: new Set(),
  };
  const one = { ...LOADED, spares: [classes] } as Document;
  expect(all(await review.doubts(one))).toEqual([['gone_9'], []]);
  const { strays } = await review.settle(running(one), DOUBTS);
  expect(Array.from(strays ?? [], ([name, stray]) => [name, stray?.found, [...(stray?.servers.keys() ?? [])]])).toEqual([
    ['gone_9', 'just-now', ['10_0_0_1_80']],
  ]);
  expect(
    (await review.settle(running(one, { strays: new Map([['gone_9' as BackendName, undefined]]) }), DOUBTS)).strays?.get(
      'gone_9' as BackendName,
    ),
  ).toBeUndefined();
});
