import { expect, test } from '@jest/globals';
import { withCheckRequest } from '../../src/haproxy/check-request.ts';
import { lineWords } from '../../src/haproxy/line-words.ts';

test.each([
  [
    String.raw`  option httpchk GET /frob HTTP/1.1\r\nHost:\ frob.acme.test`,
    '  option httpchk GET /frob HTTP/1.1\n  http-check send hdr Host frob.acme.test',
  ],
  [
    String.raw`  option  httpchk GET /x "HTTP/1.1\r\nHost: a b\r\nX-A:  1%\r\n"`,
    '  option httpchk GET /x HTTP/1.1\n  http-check send hdr Host "a b" hdr X-A 1%%',
  ],
  [
    String.raw`option httpchk POST /x HTTP/1.0\r\nA:\ \"q\"\r\n\r\nthe\ body\r\n`,
    `option httpchk POST /x HTTP/1.0\nhttp-check send hdr A "\\"q\\"" body "the body\\r\\n"`,
  ],
  [String.raw`  option httpchk GET /x HTTP/1.1\r\n`, '  option httpchk GET /x HTTP/1.1'],
  [
    String.raw`  option httpchk GET /a\ b HTTP/1.1\x0d\nHost:\ a # why`,
    '  option httpchk GET /a\\ b HTTP/1.1\n  http-check send hdr Host a',
  ],
])('the headers that stand behind the version get words of their own: %j', (line, lines) => {
  expect(withCheckRequest(`  timeout check 5s\n${line}\n`)).toBe(`  timeout check 5s\n${lines}\n`);
});

test.each([
  '  option httpchk GET /\n',
  '  option httpchk\n',
  '  option httpchk GET / HTTP/1.1\n',
  String.raw`  option httpchk GET / HTTP/1.1\nHost:\ a`,
  String.raw`  option httpchk GET / HTTP/1.1\r\nnonsense`,
  String.raw`  option httpchk GET / HTTP/1.1\r\nHost:\ a more`,
  String.raw`  option httpchk GET / "HTTP/1.1\r\nHost: $HOST"`,
  `${String.raw`  option httpchk GET / HTTP/1.1\r\nHost:\ a`}\n  http-check send hdr A b\n`,
  String.raw`  tcp-check send PING\r\n`,
])('all else stays: %j', (text) => {
  expect(withCheckRequest(text)).toBe(text);
});

test.each([
  [String.raw`a\ b "c d" e'f g'h # i`, ['a b', 'c d', 'ef gh']],
  [String.raw`a#b \# "\"" '\'`, ['a#b', '#', '"', '\\']],
  [String.raw`\x41\r"it's"`, ["A\rit's"]],
  ['"open', undefined],
  ['"$HOST" a', undefined],
])('the words of a line: %j', (line, words) => {
  expect(lineWords(line)?.map(({ text }) => text)).toEqual(words);
});
