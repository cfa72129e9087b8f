import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Grammar } from '../../src/services/define-grammar.ts';
import * as grammars from '../../src/services/traffic-grammars.ts';

type Name = keyof typeof grammars;
const of = (name: Name): Grammar<unknown> => grammars[name];
const good = (name: Name, rows: readonly (readonly [string, unknown])[]): [Name, string, unknown][] =>
  rows.map(([text, value]) => [name, text, value]);
const bad = (name: Name, texts: readonly string[]): [Name, string][] => texts.map((text) => [name, text]);
const list = (count: number, make: (i: number) => string, between = ','): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(between);

test.each<[Name, string, unknown]>([
  ...good('time', [['1ms', 1], ['500ms', 500], ['30s', 30_000], ['5m', 300_000], ['1h', 3_600_000], [' 24d ', 2_073_600_000]]), // prettier-ignore
  ...good('connections', [['1', 1], ['1000000', 1_000_000], ['007', 7]]), // prettier-ignore
  ...good('retries', [['0', 0], ['10', 10]]), // prettier-ignore
  ...good('seconds', [['0', 0], ['86400', 86_400]]), // prettier-ignore
  ...good('size', [['1', 1], ['10k', 10_240], ['10M', 10_485_760], ['1g', 1_073_741_824], ['1024g', 1024 ** 4]]), // prettier-ignore
  ...good('rate', [['1/1s', { requests: 1, milliseconds: 1000 }], ['1000000/1d', { requests: 1_000_000, milliseconds: 86_400_000 }]]), // prettier-ignore
  ...good('interval', [['1s', 1], ['1000ms', 1], ['1h', 3600]]), // prettier-ignore
  ...good('host', [['WWW.acme.org', 'www.acme.org'], ['localhost', 'localhost']]), // prettier-ignore
  ...good('origins', [['https://a.test, http://b.test:8080', ['https://a.test', 'http://b.test:8080']], ['*', ['*']]]), // prettier-ignore
  ...good('methods', [['GET,POST,GET', ['GET', 'POST']]]), // prettier-ignore
  ...good('headerNames', [['Content-Type, X_A', ['Content-Type', 'X_A']]]), // prettier-ignore
  ...good('compress', [['false', []], ['text/html,Application/JSON', ['text/html', 'application/json']]]), // prettier-ignore
  ...good('headers', [['X-A:b||X-C:', [{ name: 'X-A', value: 'b' }, { name: 'X-C', value: undefined }]], ['X-A:a:b#%$', [{ name: 'X-A', value: 'a:b#%$' }]]]), // prettier-ignore
  ...good('hashBy', [['source', 'source'], ['path', 'uri path-only'], ['uri', 'uri whole'], ['header:X-User', 'hdr(X-User)'], ['cookie:SID', 'hash req.cook(SID)'], ['query:id', 'url_param id']]), // prettier-ignore
  ...good('redirectTo', [['https://a.test', 'https://a.test'], ['HTTP://a.test:81/x?b=%20', 'HTTP://a.test:81/x?b=%20']]), // prettier-ignore
  ...good('strippedPrefix', [['/shop', '/shop']]), // prettier-ignore
  ...good('proxyProtocol', [['v1', 1], ['V2', 2]]), // prettier-ignore
  ...good('checkPath', [['/health?full=1', '/health?full=1']]), // prettier-ignore
  ...good('statuses', [['200', '200'], ['200-299, 404', '200-299,404'], ['100-599', '100-599']]), // prettier-ignore
  ...good('backendTls', [['TRUE', 'true'], ['false', 'false'], ['insecure', 'insecure']]), // prettier-ignore
  ...good('backendProtocol', [['h2', 'h2'], ['H2C', 'h2c'], ['http1', 'http1']]), // prettier-ignore
  ...good('tlsVersion', [['1.0', '1.0'], ['1.3', '1.3']]), // prettier-ignore
  ...good('authorities', [['system', '@system-ca'], ['/etc/ssl/ca.pem', '/etc/ssl/ca.pem']]), // prettier-ignore
  ...good('pageName', [['sorry.html', 'sorry.html'], ['a_1-b.c.htm', 'a_1-b.c.htm'], ['x.json', 'x.json'], ['x.txt', 'x.txt']]), // prettier-ignore
  ...good('portOfApp', [['/a', { app: '/a', index: 0 }], ['/prod/a-b.c:12', { app: '/prod/a-b.c', index: 12 }]]), // prettier-ignore
])('%s: %j is read', (name, text, value) => {
  expect(of(name).read(text)).toEqual({ value });
});

const HTML_NAME = `${'a'.repeat(96)}.html`; // one character more than a name may have

test.each<[Name, string]>([
  ...bad('time', ['0s', '30', '1.5s', '-1s', '25d', '1w', '30S', '1 s', '999999999h']),
  ...bad('connections', ['0', '1000001', '-1', '1e3', '0x10', '']),
  ...bad('retries', ['11', '-1', '1.0']),
  ...bad('seconds', ['86401', '1h']),
  ...bad('size', ['0', '0k', '1025g', '1t', 'k', '10 m']),
  ...bad('rate', ['5', '0/1s', '1/500ms', '1/2d', '1/1s/1s', '1000001/1s', '/1s', '1/']),
  ...bad('interval', ['1500ms', '2h', '0s', '5']),
  ...bad('host', ['a.test,b.test', '*.acme.org', '[::1]', 'a b', '']),
  ...bad('origins', ['a.test', 'https://a.test/', 'https://A.test', 'https://a.test,*', 'null', list(101, (i) => `https://a${i}.test`), 'ftp://a.test']), // prettier-ignore
  ...bad('methods', ['get', list(21, (i) => 'A'.repeat(1 + (i % 20)) + (i > 19 ? 'B' : ''))]),
  ...bad('headerNames', ['X A', 'X:A', '-A', 'é']),
  ...bad('compress', ['text', 'text/html;q=1', '*/*', list(41, (i) => `text/x${i}`), '']),
  ...bad('headers', ['X-A', ':b', 'Host:a', 'Content-Length:1', 'Proxy-Authorization:x', 'X-A:"', 'X-A:a\\b', 'X-A:a\nb', 'X-A:a\r', 'X-A:é', list(41, (i) => `X-${i}:a`, '||'), `X-A:${'a'.repeat(2001)}`]), // prettier-ignore
  ...bad('hashBy', ['header', 'header:', 'header:X User', 'header:a)b', 'cookie:a:b', 'random', 'constructor', '__proto__:a']),
  ...bad('redirectTo', ['/x', '//a.test', 'https://a.test/a b', 'https://a.test/"', 'https://-a.test', 'javascript:alert(1)', `https://a.test/${'a'.repeat(2000)}`]), // prettier-ignore
  ...bad('strippedPrefix', ['shop', '/a b', "/a'b"]),
  ...bad('proxyProtocol', ['1', 'v3', 'true']),
  ...bad('checkPath', ['health', '/a b', '/#', `/${'a'.repeat(500)}`]),
  ...bad('statuses', ['99', '600', '300-200', '2xx', list(21, () => '200')]),
  ...bad('backendTls', ['yes', '']),
  ...bad('backendProtocol', ['h3', 'http2', 'grpc', 'h2 h2c', 'http/1.1', '']),
  ...bad('tlsVersion', ['1.4', 'TLSv1', 'tls', '']),
  ...bad('authorities', ['ca.pem', '@system-ca', '/etc/../ca.pem', '/a b', '/etc/']),
  ...bad('pageName', ['../sorry.html', '/etc/sorry.html', 'a/sorry.html', '.hidden.html', 'sorry', 'sorry.http', 'sorry.html '.repeat(2), 'sorry.HTML', HTML_NAME, 'a\0.html', 'a%.html']), // prettier-ignore
  ...bad('portOfApp', ['a', '/', '/a/', '//a', '/A', '/a:', '/a:x', '/a:1000', '/a b', '../a', `/${'a'.repeat(255)}`]), // prettier-ignore
])('%s: %j is refused, and what is wanted is told', (name, text) => {
  const { wanted, read } = of(name);
  expect(read(text)).toMatchObject({ bad: expect.any(String) });
  expect(read(text).value).toBeUndefined();
  expect(wanted).not.toBe('');
});

describe('whatever the text', () => {
  const names = Object.keys(grammars) as readonly Name[];
  /** Values that stand in a line as they are; headers and places are put into quotes. */
  const bare = names.filter((name) => !['headers', 'redirectTo', 'compress', 'statuses'].includes(name));

  test.each(bare)('%s: a value makes no second word of a line, and no second line', (name) => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
        const { value } = of(name).read(text);
        const words =
          typeof value === 'string' ? value.split(' ').filter((word) => !/^(?:uri|whole|path-only|hash|url_param)$/.test(word)) : [];
        expect(words.length).toBeLessThanOrEqual(1);
        expect(JSON.stringify(value ?? '')).not.toMatch(/\\[nrtu]/);
      }),
    );
  });
});
