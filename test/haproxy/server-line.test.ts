import { expect, test } from '@jest/globals';
import { changeOf, isLiteralAddress, isSameLine, readServerLine, readTime, type LineChange } from '../../src/haproxy/server-line.ts';

test.each<[string, unknown]>([
  ['  server s1 10.0.0.1:80 id 7 check\n', { name: 's1', address: '10.0.0.1:80', words: ['id', '7', 'check'], special: false }],
  ['# of the shop\n\n\tserver\ts1  10.0.0.1:80', { name: 's1', address: '10.0.0.1:80', words: [], special: false }],
  ['server s1 a:80 sni str("a b")', { name: 's1', address: 'a:80', words: ['sni', 'str("a', 'b")'], special: true }],
  ['server s1 10.0.0.1:80 cookie ä', { name: 's1', address: '10.0.0.1:80', words: ['cookie', 'ä'], special: true }],
  ['server s1 10.0.0.1:80\nserver s2 10.0.0.1:81 backup\n', undefined],
  ['server s1\n', undefined],
  ['server-template s 3 a:80\n', undefined],
  ['', undefined],
])('a line in its words: %j', (text, line) => {
  expect(readServerLine(text)).toEqual(line);
});

test('lines that differ only in the id are the same', () => {
  expect(isSameLine('  server s1 10.0.0.1:80 id 7 check\n', '  server s1 10.0.0.1:80 check')).toBe(true);
  expect(isSameLine('server s1 10.0.0.1:80 id 7', 'server s1 10.0.0.1:80 id 8')).toBe(true);
  expect(isSameLine('server s1 10.0.0.1:80 maxconn 7', 'server s1 10.0.0.1:80 maxconn 8')).toBe(false);
});

test.each<[string, string, LineChange]>([
  ['', 'id 3', { kind: 'none' }],
  ['id 4', 'disabled', { kind: 'disabled' }],
  ['check disabled', 'check', { kind: 'enabled' }],
  ['check', 'check weight 20', { kind: 'weight', weight: 20 }],
  ['weight 20 check id 1', 'check id 2', { kind: 'weight', weight: 1 }],
  ['weight 20', 'weight 30', { kind: 'weight', weight: 30 }],
  ['weight 20', 'weight 257', { kind: 'other', difference: "now with '257', without '20'" }],
  ['maxconn 7 check', 'maxconn 8 check', { kind: 'maxconn', most: 8 }],
  ['check', 'check maxconn 8', { kind: 'other', difference: "now with 'maxconn 8'" }],
  ['maxconn 8', '', { kind: 'other', difference: "without 'maxconn 8'" }],
  ['maxconn 8', 'maxconn 0', { kind: 'other', difference: "now with '0', without '8'" }],
  ['maxconn 7 weight 2', 'maxconn 8 weight 3', { kind: 'other', difference: "now with '8 3', without '7 2'" }],
  ['weight 20', 'weight 30 disabled', { kind: 'other', difference: "now with '30 disabled', without '20'" }],
  ['check', 'inter 5s check', { kind: 'other', difference: "now with 'inter 5s'" }],
  ['check backup', 'backup check', { kind: 'other', difference: 'its words are in a different order' }],
  ['sni "a"', 'sni "a" disabled', { kind: 'other', difference: "now with 'disabled'" }],
])('from %j to %j', (before, after, change) => {
  const [was, now] = [before, after].map((words) => `  server s1 10.0.0.1:80 ${words}\n`) as [string, string];
  expect(changeOf(was, now)).toEqual(change);
});

test('another address or name is another server', () => {
  expect(changeOf('server s1 10.0.0.1:80', 'server s1 10.0.0.2:80 disabled')).toMatchObject({ kind: 'other' });
  expect(changeOf('server s1 10.0.0.1:80', 'server s2 10.0.0.1:80')).toMatchObject({ kind: 'other' });
});

test.each([
  ['10.0.0.1:80', true],
  ['[fd00::1]:65535', true],
  ['10.0.0.1', false],
  ['10.0.0.1:0', false],
  ['10.0.0.1:70000', false],
  ['10.0.0.256:80', false],
  ['fd00::1:80', false],
  ['app:80', false],
  ['ipv4@10.0.0.1:80', false],
  ['unix@/a.sock', false],
])('a literal address: %s %s', (text, is) => {
  expect(isLiteralAddress(text)).toBe(is);
});

test.each([
  ['2000', 2000],
  ['500ms', 500],
  ['5s', 5000],
  ['1m', 60_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['5000us', 5],
  ['5x', undefined],
  ['', undefined],
])('a time: %j is %d ms', (text, ms) => {
  expect(readTime(text)).toBe(ms);
});
