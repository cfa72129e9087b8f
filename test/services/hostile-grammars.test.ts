import { expect, test } from '@jest/globals';
import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import { balance, bindOptions, date, hosts, location, networks, paths, type Grammar } from '../../src/services/value-grammars.ts';
import { readLabels } from '../../src/services/read-labels.ts';
import { definition, port } from './make.ts';

const GRAMMARS: Readonly<Record<string, Grammar<unknown>>> = { balance, bindOptions, date, hosts, location, networks, paths };
const each = (name: string, texts: readonly string[]): [string, string][] => texts.map((text) => [name, text]);

test.each([
  ...each('balance', [
    'static-rr',
    'first',
    'source',
    'random',
    'random(3)',
    'uri',
    'uri len 10 depth 2 whole',
    'uri path-only',
    'url_param id check_post',
  ]),
  ...each('balance', [
    'hdr(Host) use_domain_only',
    'rdp-cookie',
    'hash src',
    'hash path,lower',
    'hash req.hdr(X-User)',
    'hash url_param(id),lower,upper',
  ]),
  ...each('bindOptions', [
    'ssl crt /etc/ssl/x.pem',
    'ssl crt-list /etc/ssl/list alpn h2,http/1.1',
    'ca-file /etc/ssl/ca.pem verify optional crt-ignore-err all',
  ]),
  ...each('bindOptions', [
    'maxconn 100 backlog 50',
    'tcp-ut 30s interface eth0.1 mss 1400',
    'transparent v6only tfo',
    'nice -10 id 5 name x',
    'proto h2',
    'verify none',
  ]),
  ...each('bindOptions', [
    'ssl-min-ver TLSv1.2 no-tlsv13 no-tls-tickets ciphers ECDHE-RSA-AES256-GCM-SHA384:!aNULL',
    'curves X25519 ecdhe secp384r1',
  ]),
  ...each('hosts', ['not.acme.org', 'a', 'maps', 'localhost', 'even-more']),
  ...each('paths', [`/${'a'.repeat(4000)}`]),
  ...each('networks', ['10.1.40.0/24 '.repeat(1000)]),
])('%s still takes %j', (name, text) => {
  expect(GRAMMARS[name]?.read(text).bad).toBeUndefined();
});

test.each([
  ...each('balance', [
    'roundrobin evil',
    'roundrobin(2)',
    'uri depth x',
    'uri depth 0',
    'url_param',
    'hdr',
    'hdr()',
    'hdr(a b)',
    'random(0)',
    'random(x)',
  ]),
  ...each('balance', ['hash', 'hash nothing', 'hash url(x)', 'log-hash lower', 'sticky', 'rdp-cookie()']),
  ...each('bindOptions', [
    'evil',
    'accept-proxy evil',
    'maxconn',
    'maxconn x',
    'user root',
    'namespace x',
    'ssl',
    'verify required',
    'verify maybe ca-file /x',
  ]),
  ...each('bindOptions', [
    'alpn h2, http/1.1',
    'tcp-ut x',
    'tcp-ut 9999999m',
    'nice 99999',
    'proto x',
    'ssl-min-ver 1',
    'ca-ignore-err 99999999999',
    'constructor',
    '__proto__ x',
  ]),
  ...each('hosts', ['not', 'EVEN', 'or:80', 'map_str', 'length.']),
  ...each('date', ['1', '-1', '2026', 'Jan 1 2026', '2026-13-01', '2026-01-01T25:00:00Z', '2026-01-01 (evil)']),
  ...each('location', [`/${'a'.repeat(5000)}`]),
])('%s does not take %j, which HAProxy would refuse, or read as something else', (name, text) => {
  expect(GRAMMARS[name]?.read(text)).toEqual({ bad: expect.any(String), ...(name === 'bindOptions' && { why: expect.any(String) }) });
});

test.each([
  ['2026-01-01T12:00:00', Date.UTC(2026, 0, 1, 12)],
  ['2026-01-01 12:00:00.123456', Date.UTC(2026, 0, 1, 12) + 123],
  ['2026-01-01T12:00+0200', Date.UTC(2026, 0, 1, 10)],
  ['2026-01-01', Date.UTC(2026, 0, 1)],
])('%s is read the same wherever the load balancer stands', (text, at) => {
  expect(date.read(text)).toEqual({ value: at });
});

test.each([
  [1, '1', 'one port, with index 0'],
  [2, '7', 'ports 0 to 1'],
])('with %i ports, a health check on port index %s is a Problem, and counts as absent', (count, index, has) => {
  const labels = { HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: index };
  const { ports, problems } = readLabels(
    { ...definition(), labels, ports: Array.from({ length: count }, () => port()) },
    TEMPLATES_IN_LABELS,
  );
  expect(ports[0]?.values.checkPortIndex).toBeUndefined();
  expect(problems).toMatchObject([
    { code: 'label-value', label: 'HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX', owner: { by: 'app', app: '/shop', index: 0 } },
  ]);
  expect(problems[0]?.message).toContain(`names port index ${index}, but the app has ${has}`);
});

test.each([
  ['ssl crt ../shop.pem', "the path behind crt has '..' in it, which leads out of the operator's folder"],
  ['verify required ca-file a/../../ca.pem', "the path behind ca-file has '..' in it, which leads out of the operator's folder"],
  ['ssl crt s3cret.pem s3cret', "word 4 of it is no option of HAProxy's bind"],
  ['maxconn s3cret', 'maxconn has an argument that HAProxy does not take, or none'],
  ['ssl crt', 'crt has an argument that HAProxy does not take, or none'],
  ['name crt ssl', 'ssl needs a crt or a crt-list'],
  ['ssl crt a.pem verify required name ca-file', 'verify needs a ca-file'],
])('bind options %j: the reason is told, and no value', (text, why) => {
  expect(bindOptions.read(text)).toEqual({ bad: text, why });
  expect(why).not.toContain('s3cret');
});
