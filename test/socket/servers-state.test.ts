import { expect, test } from '@jest/globals';
import { readServersState } from '../../src/socket/server-rows.ts';
import { makeStatesComparison } from '../../src/socket/states-comparison.ts';
import { compareServers } from '../../src/socket/servers-state.ts';
import type { BackendSection, Document, Fragment, Running } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { fragment } from '../haproxy/make.ts';

const HEAD =
  '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n';

interface Row {
  readonly address?: string;
  readonly port?: number;
  readonly op?: number;
  readonly admin?: number;
  readonly weight?: number;
  /** HAProxy's flags: 1 a check is under way, 2 there is one, 4 it is enabled, 8 it pauses. */
  readonly check?: number;
  readonly tls?: boolean;
  readonly host?: string;
}

function row(
  name: string,
  { address = '10.0.0.1', port = 80, op = 2, admin = 0, weight = 1, check = 0, tls = false, host = '-' }: Row = {},
): string {
  const [backend = '', server = ''] = name.split('/');
  return `3 ${backend} 1 ${server} ${address} ${op} ${admin} ${weight} 1 5 6 3 4 ${check} 0 0 0 ${host} ${port} - ${Number(tls)} 0 - - 0\n`;
}

/** What HAProxy says: the rows of its servers, and its backends. */
interface Said {
  readonly text: string;
  readonly backends: ReadonlySet<string>;
}

function held(rows: readonly string[], backends = ['a', 'b']): Said {
  return { text: HEAD + rows.join(''), backends: new Set(backends) };
}

function compared(document: Document, { text, backends }: Said): Running {
  const { states, servers, asWritten } = makeStatesComparison(document);
  for (const line of text.split('\n')) states.line(line);
  states.end();
  return compareServers(document, { servers, asWritten, backends });
}

function section(name: string, lines: readonly string[], head = `backend ${name}\n  balance roundrobin\n`): BackendSection {
  const servers = new Map(lines.map((line, i) => [(/server (\S+)/.exec(line)?.[1] ?? `s${i}`) as ServerName, fragment(line)]));
  return { name: `backend ${name}`, backend: name as BackendName, fragments: [fragment(head)], servers, leaving: new Set() };
}

function documentOf(...backends: readonly BackendSection[]): Document {
  return { front: [], backends, maps: {} };
}

const ONE = '  server one 10.0.0.1:80 check inter 2s\n';
const TWO = '  server two 10.0.0.2:81 id 5\n';
const [ONE_ROW, TWO_ROW] = [row('a/one'), row('a/two', { address: '10.0.0.2', port: 81 })];
const IN_B = row('b/x', { address: '10.0.0.9' });

function linesOf(servers: ReadonlyMap<ServerName, Fragment> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(servers ?? [], ([name, { text }]) => [name, text]));
}

test('when HAProxy has what the file says, the document is the same object and there are no exceptions', () => {
  const document = documentOf(section('a', [TWO, ONE]), section('b', []));
  const running = compared(document, held([ONE_ROW, TWO_ROW, row('stats/other')]));
  expect(running.document).toBe(document);
  expect(running).toMatchObject({ exceptions: new Map(), lost: new Map() });
});

test('servers whose host name did not resolve are told, wherever they stand', () => {
  const host = 'web.test';
  const rows = [
    row('a/one', { host }),
    row('a/two', { host, admin: 32, op: 0, address: '-' }),
    row('stats/x', { host, admin: 32, address: '-' }),
  ];
  const line = (name: string): string => `  server ${name} ${host}:80 init-addr libc,last,none\n`;
  const { unresolved, lost, exceptions } = compared(documentOf(section('a', [line('one'), line('two')])), held(rows));
  expect(unresolved).toEqual([
    { backend: 'a', server: 'two', host },
    { backend: 'stats', server: 'x', host },
  ]);
  expect([lost.size, exceptions.size]).toEqual([0, 0]);
});

test('a server that HAProxy does not have is not in the document; other sections stay the same objects', () => {
  const b = section('b', ['  server x 10.0.0.9:80\n']);
  const { document, exceptions } = compared(documentOf(section('a', [ONE, TWO]), b), held([TWO_ROW, IN_B]));
  expect(linesOf(document.backends[0]?.servers)).toEqual({ two: TWO });
  expect(document.backends[1]).toBe(b);
  expect(exceptions.size).toBe(0);
});

test.each([
  ['maintenance', 1],
  ['maintenance while draining', 9],
  ['draining', 8],
])('a server of the document in %s is stopped, with its line', (_, admin) => {
  const document = documentOf(section('a', [ONE, TWO]));
  const running = compared(document, held([row('a/one', { admin }), TWO_ROW]));
  expect(running.document).toBe(document);
  expect([...running.exceptions]).toEqual([['a/one', { backend: 'a', server: 'one', line: fragment(ONE), stage: 'stopped' }]]);
});

test("a disabled line agrees with a server in maintenance, and with no other: the one it was enabled from keeps HAProxy's mark of it", () => {
  const line = '  server one 10.0.0.1:80 check disabled inter 2s\n';
  const document = documentOf(section('a', [line]));
  expect(compared(document, held([row('a/one', { admin: 5 })]))).toEqual({ document, exceptions: new Map(), lost: new Map() });
  for (const admin of [4, 0, 12]) {
    const running = compared(document, held([row('a/one', { admin })]));
    expect(linesOf(running.document.backends[0]?.servers)).toEqual({ one: ONE });
    expect(running.exceptions.size).toBe(0);
  }
  const plain = documentOf(section('a', [ONE]));
  expect(compared(plain, held([row('a/one', { admin: 4 })])).exceptions.size).toBe(0);
});

test('servers without a line get one from what HAProxy says: those that serve in the document, the others apart', () => {
  const rows = [ONE_ROW, row('a/serving'), row('a/down', { op: 0 }), row('a/drained', { admin: 8 }), row('a/stopped', { admin: 1 })];
  const { document, exceptions } = compared(documentOf(section('a', [ONE])), held(rows));
  expect(linesOf(document.backends[0]?.servers)).toEqual({
    one: ONE,
    serving: '  server serving 10.0.0.1:80\n',
    down: '  server down 10.0.0.1:80\n',
  });
  expect(Array.from(exceptions, ([key, { stage, line }]) => [key, stage, line.text])).toEqual([
    ['a/drained', 'draining', '  server drained 10.0.0.1:80\n'],
    ['a/stopped', 'stopped', '  server stopped 10.0.0.1:80\n'],
  ]);
});

test.each<[string, Row, string]>([
  ['a weight', { weight: 7 }, '10.0.0.1:80 weight 7'],
  ['the weight that takes no traffic', { weight: 0 }, '10.0.0.1:80 weight 0'],
  ['an IPv6 address', { address: 'fd00::5', port: 8080 }, '[fd00::5]:8080'],
  ['a check', { check: 6 }, '10.0.0.1:80 check'],
  ['a check that is under way', { check: 7 }, '10.0.0.1:80 check'],
  ['a check that nobody has enabled', { check: 2 }, '10.0.0.1:80 check'],
  ['a check that pauses', { check: 14 }, '10.0.0.1:80 check'],
  ['TLS', { tls: true }, '10.0.0.1:80 ssl'],
  ['all of it', { address: 'fd00::5', weight: 3, check: 6, tls: true }, '[fd00::5]:80 weight 3 check ssl'],
])('the line of a server that another daemon has added: %s', (_, given, line) => {
  const { document, exceptions } = compared(documentOf(section('a', [])), held([row('a/on', given), row('a/off', { ...given, admin: 1 })]));
  expect(linesOf(document.backends[0]?.servers)).toEqual({ on: `  server on ${line}\n` });
  expect(exceptions.get('a/off')?.line.text).toBe(`  server off ${line}\n`);
});

test("servers of a backend's own text are not ours", () => {
  const head = 'backend a\n  server static 10.0.0.7:80 backup\n  server-template web 1-3 10.0.0.8:80\n';
  const document = documentOf(section('a', [ONE], head));
  const rows = [ONE_ROW, row('a/static'), row('a/web1'), row('a/web2', { admin: 1 })];
  expect(compared(document, held(rows))).toEqual({ document, exceptions: new Map(), lost: new Map() });
});

test('an address or a port that is not the one of the line loses the backend', () => {
  const lostWith = (at: Row): unknown => compared(documentOf(section('a', [ONE])), held([row('a/one', at)])).lost.get('a' as BackendName);
  expect(lostWith({ address: '10.0.0.3' })).toBe('one is at 10.0.0.3 port 80, not at 10.0.0.1:80');
  expect(lostWith({ port: 81 })).toBe('one is at 10.0.0.1 port 81, not at 10.0.0.1:80');
  expect(lostWith({})).toBeUndefined();
});

test.each([
  ['[2001:db8::1]:80', '2001:db8::1'],
  ['[2001:DB8:0:0::1]:80', '2001:db8::1'],
  ['ipv4@10.0.0.1:80', '10.0.0.1'],
  ['host.example:80', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['/run/app.sock', '/run/app.sock'],
])('%s may be %s', (written, address) => {
  const document = documentOf(section('a', [`  server one ${written}\n`]));
  expect(compared(document, held([row('a/one', { address })]))).toEqual({ document, exceptions: new Map(), lost: new Map() });
});

test('[2001:db8::1]:80 is not another address', () => {
  const document = documentOf(section('a', ['  server one [2001:db8::1]:80 check\n']));
  expect(compared(document, held([row('a/one', { address: '2001:db8::2' })])).lost.get('a' as BackendName)).toContain(
    '2001:db8::2 port 80',
  );
});

test('a backend that HAProxy does not have is lost if the document writes one under its name', () => {
  const none = section('none', [ONE]);
  const { document, lost } = compared(documentOf(none, section('odd', [ONE], '# left empty by a template\n')), held([]));
  expect([...lost]).toEqual([['none', 'HAProxy does not have this backend']]);
  expect(document.backends[0]).toBe(none);
});

test('a backend with lines that are no plain servers is left as it is', () => {
  const document = documentOf(section('a', [ONE, '  server two 10.0.0.2:81\n  http-request deny\n']));
  expect(compared(document, held([row('a/other', { admin: 1 })]))).toEqual({ document, exceptions: new Map(), lost: new Map() });
});

test('columns are found by their names, and a different text is refused', () => {
  const rows = readServersState(
    '1\n# srv_use_ssl srv_port srv_name be_name srv_check_state srv_check_result srv_uweight srv_admin_state srv_op_state srv_addr srv_fqdn\n1 80 one a 0 3 5 1 0 10.0.0.1 -\n\n',
  );
  expect(rows.get('a')?.get('one')).toMatchObject({ address: '10.0.0.1', port: '80', mode: 'maintenance', down: true, checkPassed: true });
  expect(rows.get('a')?.get('one')).toMatchObject({ weight: '5', isChecked: false, isTls: true });
  expect(() => readServersState('Permission denied\n')).toThrow('Permission denied');
  expect(() => readServersState('2\n# be_name\n')).toThrow('an unusable answer');
  for (const column of ['srv_uweight', 'srv_check_state', 'srv_use_ssl']) {
    expect(() => readServersState(HEAD.replace(column, 'other'))).toThrow('an unusable answer');
  }
});

test('a backend that HAProxy has and the file has not is found with its servers, where their names are as ours', () => {
  const spares = [{ ...section('marathon_lb_class_1', []), name: 'defaults marathon_lb_class_1' }];
  const document: Document = { ...documentOf(section('a', [])), spares };
  const [serving, stopped] = [row('shop_10004/10_0_0_1_80'), row('shop_10004/10_0_0_2_80', { address: '10.0.0.2', admin: 1 })];
  const backends = ['a', 'shop_10004', 'cart_10005', 'theirs', 'theirs_80'];
  const running = compared(document, held([serving, stopped, row('theirs_80/web')], backends));
  expect([...(running.strays ?? [])].map(([name, stray]) => [name, stray && [stray.found, ...stray.servers.keys()]])).toEqual([
    ['shop_10004', ['just-now', '10_0_0_1_80']],
    ['cart_10005', ['just-now']],
    ['theirs', undefined],
    ['theirs_80', undefined],
  ]);
  expect([...running.exceptions.keys()]).toEqual(['shop_10004/10_0_0_2_80']);
  expect(running.document).toBe(document);
});
