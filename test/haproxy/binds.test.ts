import { describe, expect, test } from '@jest/globals';
import { bindsOf, countListeners, withoutBinds } from '../../src/haproxy/binds.ts';

test.each([
  ['*:80', ['*:80']],
  [':80', ['*:80']],
  ['127.0.0.1:80 ssl crt /a.pem', ['127.0.0.1:80']],
  ['[::]:443', [':::443']],
  ['::1:80', ['::1:80']],
  ['[0:0:0:0:0:0:0:1]:80', ['::1:80']],
  ['[::ffff:127.0.0.1]:80', ['127.0.0.1:80']],
  [':::80 v6only', [':::80']],
  ['ipv4@10.0.0.1:80', ['10.0.0.1:80']],
  ['ipv6@:80', [':::80']],
  ['"*:80"', ['*:80']],
  ['10.0.0.1:80,[::1]:81,:82', ['10.0.0.1:80', '::1:81', '*:82']],
  ['127.0.0.1:8000-8002', ['127.0.0.1:8000', '127.0.0.1:8001', '127.0.0.1:8002']],
  ['abns@name', []],
  ['unix@/run/a.sock', []],
  ['/run/a:80', []],
  ['fd@3', []],
  ['quic4@:443', []],
  ['${ADDRESS}:80', []],
  ['10.0.0.1:80 namespace blue', []],
  ['10.0.0.1:80 transparent', ['10.0.0.1:80']],
  ['*:80 interface eth0', ['*:80']],
  ['*:80 # transparent', ['*:80']],
])('bind %s', (words, wanted) => {
  expect(bindsOf(`frontend f\n  bind ${words}\n`).map(({ address, port }) => `${address}:${port}`)).toEqual(wanted);
});

const CONFIG =
  'global\n  stats bind-process 1\nfrontend f\n  bind *:80,*:81\n  #bind *:82\nlisten l\n\tbind :9000-9003\n  bind abns@x accept-proxy\n';

test('binds of any section, none of comments and other words', () => {
  expect(bindsOf(CONFIG).map(({ port }) => port)).toEqual([80, 81, 9000, 9001, 9002, 9003]);
});

test('listeners are counted with those that are no ports', () => {
  expect(countListeners(CONFIG)).toBe(7);
});

test('v6only is told of all of IPv6 only', () => {
  expect(bindsOf('frontend f\n  bind :::80,127.0.0.1:81 v6only\n')).toEqual([
    { address: '::', port: 80, v6only: true },
    { address: '127.0.0.1', port: 81 },
  ]);
});

test('what a bind needs of the machine is told', () => {
  expect(bindsOf('frontend f\n  bind 10.9.9.9:80 transparent\n  bind *:81 ssl interface eth0 # transparent\n')).toEqual([
    { address: '10.9.9.9', port: 80, transparent: true },
    { address: '*', port: 81, interface: 'eth0' },
  ]);
});

describe('a text without binds', () => {
  const text = 'frontend f\n  bind *:80,*:81 ssl crt /a\n  bind 10.0.0.1:8000-8005\n  mode http\n  bind /run/a.sock';

  test.each([
    [80, 'frontend f\n  bind *:81 ssl crt /a\n  bind 10.0.0.1:8000-8005\n  mode http\n  bind /run/a.sock'],
    [8003, 'frontend f\n  bind *:80,*:81 ssl crt /a\n  mode http\n  bind /run/a.sock'],
    [82, text],
  ])('on port %i', (out, left) => {
    expect(withoutBinds(text, ({ port }) => port === out)).toBe(left);
  });

  test('on several: a line without any is gone', () => {
    expect(withoutBinds(text, ({ port }) => port < 8001)).toBe('frontend f\n  mode http\n  bind /run/a.sock');
  });

  test('the last line has no line end', () => {
    expect(withoutBinds('frontend f\n  bind :80', () => true)).toBe('frontend f\n');
  });
});
