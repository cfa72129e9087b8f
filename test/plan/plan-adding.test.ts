import { test } from '@jest/globals';
import { check, POOL, S1, S2, type Row } from './plan-rows.ts';

const ADD = { before: { servers: [S1] }, then: { servers: [S1] } };
const reloadFor = (line: string, why: string, rest: Partial<Row> = {}): Row => ({
  ...ADD,
  after: { servers: [S1, line] },
  reload: [`server-added b: s2: ${why}`],
  ...rest,
});

test.each<[string, Row]>([
  ['an old HAProxy', reloadFor(S2, 'HAProxy 2.4 adds servers only in its experimental mode', { release: { major: 2, minor: 4 } })],
  [
    'a cookie before 3.0',
    reloadFor(`${S2} cookie x`, "HAProxy 2.8 can't add a server with 'cookie' at runtime", { release: { major: 2, minor: 8 } }),
  ],
  [
    'a cookie from 3.0 on',
    {
      ...ADD,
      after: { servers: [S1, `${S2} cookie x`] },
      release: { major: 3, minor: 0 },
      commands: ['add server b/s2 10.0.0.2:80 cookie x', 'enable server b/s2'],
      then: {},
    },
  ],
  [
    'later words in 3.2',
    reloadFor(`${S2} init-state up idle-ping 1s`, "HAProxy 3.2 can't add a server with 'idle-ping' at runtime", {
      release: { major: 3, minor: 2 },
    }),
  ],
  [
    'later words in 3.4',
    {
      ...ADD,
      after: { servers: [S1, `${S2} init-state up idle-ping 1s`] },
      release: { major: 3, minor: 4 },
      commands: ['add server b/s2 10.0.0.2:80 init-state up idle-ping 1s', 'enable server b/s2'],
      then: {},
    },
  ],
  ['a word that only the file knows', reloadFor(`${S2} resolvers x`, "HAProxy can't add a server with 'resolvers' at runtime")],
  [
    'a name for an address',
    reloadFor(
      's2 app.acme.org:80',
      "'app.acme.org:80' is not an address and port, and HAProxy does not resolve the name of a server that is added at runtime",
    ),
  ],
  ['quotes', reloadFor(`${S2} sni str("a b")`, "its line has quotes or other characters that can't be written in a runtime command")],
  [
    'a separator of commands',
    reloadFor(`${S2} sni a;b`, "its line has quotes or other characters that can't be written in a runtime command"),
  ],
  ['too many words', reloadFor(`${S2}${' backup'.repeat(55)}`, 'its line has more words than the 60 that fit into a runtime command')],
  ...(
    [
      ['static-rr', 'static-rr', ''],
      ['a map-based hash', 'hdr(X-User)', ", unless there is 'hash-type consistent'"],
      ['an algorithm that is not known here', 'newest', ''],
    ] as const
  ).map(([name, balance, more]): [string, Row] => [
    name,
    {
      before: { servers: [S1, 's3 10.0.0.3:80', 's4 10.0.0.4:80'], text: `balance ${balance}` },
      after: { servers: [S1, S2], leaving: ['s3'], text: `balance ${balance}` },
      reload: [`server-added b: s2: 'balance ${balance}' accepts new servers only from HAProxy's file${more}`],
      commands: ['set server b/s3 state drain', 'set server b/s4 state maint'],
      then: { servers: [S1], apart: ['draining s3', 'stopped s4'] },
    },
  ]),
  [
    'a consistent hash',
    {
      before: { servers: [S1], text: 'balance source\n  hash-type consistent' },
      after: { servers: [S1, S2], text: 'balance source\n  hash-type consistent' },
      commands: [`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2'],
    },
  ],
  [
    'the algorithm of the defaults',
    {
      before: { servers: [S1], head: 'global\n\ndefaults\n  balance source\n', text: 'mode http' },
      after: { servers: [S1, S2], head: 'global\n\ndefaults\n  balance source\n', text: 'mode http' },
      reload: ["server-added b: s2: 'balance source' accepts new servers only from HAProxy's file, unless there is 'hash-type consistent'"],
      then: { servers: [S1] },
    },
  ],
  [
    'a default-server of the defaults',
    {
      before: { servers: [S1], head: 'defaults\n  default-server check\n' },
      after: { servers: [S1, S2], head: 'defaults\n  default-server check\n' },
      reload: ["server-added b: s2: HAProxy does not use 'default-server' for servers added at runtime"],
      then: { servers: [S1] },
    },
  ],
  [
    'a default-server of other defaults',
    {
      before: { servers: [S1], head: 'defaults one\n  default-server check\ndefaults two\n  mode http\n' },
      after: { servers: [S1, S2], head: 'defaults one\n  default-server check\ndefaults two\n  mode http\n' },
      commands: [`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2'],
    },
  ],
  [
    'a weight where servers are counted once',
    {
      before: { servers: [S1], text: 'balance static-rr' },
      after: { servers: [`${S1} weight 2`], text: 'balance static-rr' },
      reload: ['server-changed b: s1: weight 2, which HAProxy reads only from its file in this backend'],
      then: { servers: [S1] },
    },
  ],
  [
    'a server of HTTP/2, with its check',
    {
      before: { servers: [`${S1} check proto h2`] },
      after: { servers: [`${S1} check proto h2`, `${S2} check proto h2`] },
      release: { major: 3, minor: 2 },
      commands: ['add server b/s2 10.0.0.2:80 check proto h2 downinter 500ms', 'enable health b/s2'],
      then: { apart: ['checking s2'] },
    },
  ],
  [
    'another protocol for a server',
    {
      before: { servers: [S1] },
      after: { servers: [`${S1} proto h2`] },
      reload: ["server-changed b: s1: now with 'proto h2'"],
      then: { servers: [S1] },
    },
  ],
])('adding: %s', (_, row) => {
  check(row);
});
