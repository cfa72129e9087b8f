import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as grammars from '../../src/services/value-grammars.ts';
import type { Grammar } from '../../src/services/value-grammars.ts';

type Name = keyof typeof grammars;
const of = (name: Name): Grammar<unknown> => grammars[name];

const AUTH = { realm: 'Staff', user: 'alice', password: '$6$salt$hash' };

/** Values that are read: {grammar, text, value}. */
test.each<[Name, string, unknown]>([
  ...['true', 'TRUE', 't', 'T', 'yes', 'Yes', 'y', 'Y', ' true '].map((text): [Name, string, unknown] => ['bool', text, true]),
  ...['false', 'F', '', 'no', 'N', ' 0 ', 'off'].map((text): [Name, string, unknown] => ['bool', text, false]),
  ['groups', 'external', ['external']],
  ['groups', ' external , internal,external', ['external', 'internal']],
  ['groups', 'external,,internal,', ['external', 'internal']],
  ['groups', 'two words', ['two words']],
  ['groups', '*', ['*']],
  ['hosts', 'a.acme.org', ['a.acme.org']],
  ['hosts', 'A.Acme.ORG', ['a.acme.org']],
  ['hosts', 'a.acme.org,b.acme.org', ['a.acme.org', 'b.acme.org']],
  ['hosts', ' b.acme.org \t a.acme.org,\n,b.acme.org ', ['b.acme.org', 'a.acme.org']],
  ['hosts', 'a.acme.org:8080', ['a.acme.org']],
  ['hosts', 'a.acme.org.', ['a.acme.org']],
  ['hosts', 'a.acme.org.:80', ['a.acme.org']],
  ['hosts', 'my_host.acme.org', ['my_host.acme.org']],
  ['hosts', '_dmarc', ['_dmarc']],
  ['hosts', 'x', ['x']],
  ['hosts', '10.0.0.1', ['10.0.0.1']],
  ['hosts', 'xn--bcher-kva.example', ['xn--bcher-kva.example']],
  ['paths', '/api', '/api'],
  ['paths', ' -i  /api   /v2 ', '-i /api /v2'],
  ['paths', '/', '/'],
  ['paths', '/a%20b?c=d&e=(f)*+;=:@!~,$g', '/a%20b?c=d&e=(f)*+;=:@!~,$g'],
  ['integer', '10', 10],
  ['integer', '-1', -1],
  ['integer', '+5', 5],
  ['integer', ' 007 ', 7],
  ['integer', '999999999', 999_999_999],
  ['portIndex', '0', 0],
  ['portIndex', '12', 12],
  ['port', '1', 1],
  ['port', '65535', 65535],
  ['port', ' 8088 ', 8088],
  ['mode', 'http', 'http'],
  ['mode', ' TCP ', 'tcp'],
  ['balance', 'roundrobin', 'roundrobin'],
  ['balance', 'leastconn', 'leastconn'],
  ['balance', ' uri  depth  2 ', 'uri depth 2'],
  ['balance', 'hdr(X-User)', 'hdr(X-User)'],
  ['balance', 'url_param session check_post 64', 'url_param session check_post 64'],
  ['balance', 'rdp-cookie(name)', 'rdp-cookie(name)'],
  ['balance', 'random(2)', 'random(2)'],
  ['auth', 'Staff:alice:$6$salt$hash', AUTH],
  ['auth', ' Staff:alice:$6$salt$hash ', AUTH],
  ['auth', 'Our Staff:alice:$6$a:b:c', { realm: 'Our Staff', user: 'alice', password: '$6$a:b:c' }],
  ['auth', 'Staff:alice:rl0uE0M4o6Zkk', { realm: 'Staff', user: 'alice', password: 'rl0uE0M4o6Zkk' }],
  ['auth', "Mayor's 100 % # office:bob:$1$x", { realm: "Mayor's 100 % # office", user: 'bob', password: '$1$x' }],
  ['networks', '10.1.40.0/24 10.1.55.43', ['10.1.40.0/24', '10.1.55.43']],
  ['networks', ' fd00::/8\t::1\n0.0.0.0/0 ', ['fd00::/8', '::1', '0.0.0.0/0']],
  ['address', '*', '*'],
  ['address', '10.0.0.42', '10.0.0.42'],
  ['address', 'fd00::1', '[fd00::1]'],
  ['address', '[fd00::1]', '[fd00::1]'],
  ['address', '::', '[::]'],
  ['address', '0:0:0:0:0:0:0:1', '[::1]'],
  ['address', '[FD00:0::0001]', '[fd00::1]'],
  ['address', '::ffff:127.0.0.1', '127.0.0.1'],
  ['address', '[::ffff:7f00:1]', '127.0.0.1'],
  ['file', '/etc/ssl/shop.pem', '/etc/ssl/shop.pem'],
  ['file', ' certs/ ', 'certs/'],
  ['bindOptions', ' accept-proxy ', 'accept-proxy'],
  ['bindOptions', 'ssl crt shop..acme/x.pem', 'ssl crt shop..acme/x.pem'],
  ['bindOptions', 'ca-file /etc/ssl/ca.pem  verify required', 'ca-file /etc/ssl/ca.pem verify required'],
  ['prefix', '/shop', '/shop'],
  ['prefix', '/', '/'],
  ['groupName', 'shop', '/shop'],
  ['groupName', ' /shop/web-1.a ', '/shop/web-1.a'],
  ['date', '2026-01-01T12:00:00Z', Date.UTC(2026, 0, 1, 12)],
  ['date', '2026-01-01T12:00:00.500+02:00', Date.UTC(2026, 0, 1, 10) + 500],
  ['anything', '', ''],
  ['anything', ' some text ', 'some text'],
  ['location', '/my/content', '/my/content'],
  ['location', 'https://acme.org/?a=1%202', 'https://acme.org/?a=1%202'],
])('%s reads %j', (name, text, value) => {
  expect(of(name).read(text)).toEqual({ value });
});

const CONTROLS = ['/a\nhttp-request deny', '/a\r/b', '/a\0', '/a\u0007', '/a\u001b[0m', '/a\u007f', '/a\u0085'];
const ODD = ['/a"b', "/a'b", '/a#b', '/a\\b', ...CONTROLS];
const each = (name: Name, texts: readonly string[]): [Name, string][] => texts.map((text) => [name, text]);

test.each([
  ...each('groups', ['', ' ', ',', ' , ']),
  ...each('hosts', [
    '',
    ' , ',
    '*',
    '*.',
    '*.org',
    'a.*.org',
    '*.*.org',
    '*a.org',
    'a/b',
    '-a',
    'a-',
    '.a',
    'a..',
    'bücher.example',
    'a{b',
    `a${'b'.repeat(260)}`,
  ]),
  ...each('hosts', ['a"', "a'", 'a#', 'a\\', 'a\0', 'a\u0007b', 'a:b', '%[src]', '::1', '[::1', '[1.2.3.4]', '[fe80::1%eth0]']),
  ...each('paths', [
    '',
    '-i',
    'api',
    '/api -i',
    '-f /etc/passwd',
    '/a -m reg /b',
    '/a api',
    '-i -i /a',
    '--',
    Array(60).fill('/a').join(' '),
  ]),
  ...each(
    'paths',
    ODD.filter((text) => !/[\n\r\u0085]/.test(text)),
  ),
  ...each('paths', ['/a\nuse_backend', '/a\rb']),
  ...each('integer', ['', 'ten', '1.5', '1e3', '--1', '0x10', '1 2', '1234567890', 'NaN', '1\n2']),
  ...each('portIndex', ['', '-1', '1000', 'http', '1.0', '+1']),
  ...each('port', ['', '0', '65536', '123456', '-80', '80a', '8 0', '0x50', '80\n443']),
  ...each('mode', ['', 'https', 'http tcp', 'http\ntcp', 'tcp;']),
  ...each('balance', [
    '',
    'best',
    'roundrobinx',
    'round robin',
    'Roundrobin',
    '(first)',
    'uri "x"',
    'uri\nserver x 1.2.3.4',
    'uri\tdepth 2',
  ]),
  ...each('balance', ['source#', 'source \\', "hdr('x')", 'hash {x}', 'constructor']),
  ...each('auth', ['', 'alice', 'alice:x', ':alice:x', 'Staff::x', 'Staff:alice:', '::', 'Staff:al ice:x', 'Staff:alice:x y']),
  ...each('auth', [
    'St"aff:a:x',
    'St$aff:a:x',
    'St\\aff:a:x',
    'St\naff:a:x',
    'St\0aff:a:x',
    'S:a"b:x',
    "S:a'b:x",
    'S:a#:x',
    'S:a\\:x',
    'S:a:x\ny',
  ]),
  ...each('networks', [
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0',
    'fd00::/129',
    '10.0.0.0/-1',
    '10.0.0.0/8,10.1.1.1',
  ]),
  ...each('networks', ['10.0.0.1 nonsense', '10.0.0.1 #', '10.0.0.1 }', '-f /etc/hosts', '10.0.0.0/255.0.0.0', '10.0.0.0/ 8']),
  ...each('address', ['', '10.0.0', '10.0.0.1:80', '[10.0.0.1]', 'eth0', '* *', '[*]', 'unix@/x', '/run/x']),
  ...each('file', ['', '/a b', ...ODD]),
  ...each('bindOptions', ['ssl crt ../shop.pem', 'ca-file certs/../../shadow verify required', 'ca-file ..  verify required']),
  ...each('bindOptions', ['', ' ', 'a "b"', "a 'b'", 'a #b', 'a\\ b', 'a\0', 'a\u0007']),
  ...each('groupName', ['', '/', '//shop', 'shop/', 'a b', 'shop\nbackend', 'a"', 'a#', 'a//b']),
  ...each('date', ['', 'soon', '2026-13-01', '12:00']),
  ...each('prefix', ['', 'shop', '/a b', 'https://x/', ...ODD]),
  ...each('location', ['', 'my/content', 'ftp://x', 'javascript:alert(1)', '/a b', 'http:/x', ...ODD]),
])('%s does not read %j, and tells it', (name, text) => {
  const { value, bad } = of(name).read(text);
  expect(value).toBeUndefined();
  expect(bad).toEqual(expect.any(String));
});

test.each<[Name, string, readonly string[], string]>([
  ['hosts', 'a.acme.org,*.*.acme.org', ['a.acme.org'], '*.*.acme.org'],

  ['hosts', 'a/b c.acme.org "d"', ['c.acme.org'], 'a/b "d"'],
])('%s of %j: the good ones stand, the others are told', (name, text, value, bad) => {
  expect(of(name).read(text)).toEqual({ value, bad });
});

/** Every value that gets into a line of the configuration. */
const IN_LINES: readonly Name[] = [
  'hosts',
  'paths',
  'balance',
  'networks',
  'address',
  'file',
  'bindOptions',
  'prefix',
  'location',
  'auth',
  'mode',
  'groupName',
];

test.each(IN_LINES)('%s: whatever the text, a value never ends its line, opens a quote or a comment', (name) => {
  const example = fc.constantFrom('/a', 'a.b', '10.0.0.1', 'uri', 'R:u:p', '*', 'http');
  const nasty = fc.constantFrom('\n', '\r', '\0', '\u2028', '\u0085', '"', "'", '#', '\\', ' ', '\t', ',', ':', '-i', '$', '%[src]');
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(example, nasty), { maxLength: 5 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const { value } = of(name).read(raw);
      if (value === undefined) return;
      const { realm, ...rest } = typeof value === 'object' ? (value as { realm?: string }) : { realm: undefined, value };
      for (const part of Object.values(rest).flat()) expect(part).toMatch(/^[^\n\r"'#\\\p{Cc}\u2028\u2029]+$/u);
      if (realm !== undefined) expect(realm).toMatch(/^[^"$\\\p{Cc}]+$/u);
    }),
    { numRuns: 300 },
  );
});

/** Values that count as marathon-lb counts them, and of which their authors are told: {grammar, text, value, words of the note}. */
test.each<[Name, string, unknown, string]>([
  ...['1', 'on', 'truely', 'tru', 'enabled', 'fasle'].map((text): [Name, string, unknown, string] => [
    'bool',
    text,
    false,
    `is "${text}", which counts as false`,
  ]),
  ['auth', 'Staff:alice:secret', { realm: 'Staff', user: 'alice', password: 'secret' }, 'nobody is let in'],
  ['auth', 'Staff:alice:a:b:c', { realm: 'Staff', user: 'alice', password: 'a:b:c' }, 'nobody is let in'],
])('%s reads %j, with a note', (name, text, value, says) => {
  expect(of(name).read(text)).toEqual({ value, note: { says: expect.stringContaining(says), advice: expect.stringMatching(/./) } });
});

/** Values that are refused, with what was probably meant. */
test.each<[Name, string, string]>([
  ['balance', 'round-robin', 'roundrobin'],
  ['balance', 'Round Robin', 'roundrobin'],
  ['balance', 'least_conn', 'leastconn'],
  ['hosts', 'a.acme.org/cart', 'a.acme.org with HAPROXY_n_PATH=/cart'],
  ['hosts', 'https://a.acme.org/', 'a.acme.org'],
])('%s refuses %j, which is perhaps %s', (name, text, meant) => {
  expect(of(name).read(text)).toEqual({ bad: text, meant });
});
