import { test } from '@jest/globals';
import { check, POOL, S1, S2, type Row } from './plan-rows.ts';

test.each<[string, Row]>([
  ['nothing', { before: { servers: [S1] }, after: { servers: [S1] } }],
  ['another id is no difference', { before: { servers: [`${S1} id 4`] }, after: { servers: [`${S1} id 5`] } }],
  [
    'a server more, without a check',
    { before: { servers: [S1] }, after: { servers: [S1, S2] }, commands: [`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2'] },
  ],
  [
    'a server more, with a check: it waits for it',
    {
      before: { servers: [S1] },
      after: { servers: [S1, `${S2} id 9 check inter 5s fall 3`] },
      commands: [`add server b/s2 10.0.0.2:80 id 9 check inter 5s fall 3 downinter 500ms ${POOL}`, 'enable health b/s2'],
      then: { apart: ['checking s2'] },
    },
  ],
  [
    'its check has passed',
    {
      before: { servers: [S1, `${S2} check`] },
      apart: [`passed ${S2} check`],
      after: { servers: [S1, `${S2} check`] },
      commands: ['enable server b/s2'],
    },
  ],
  [
    'the first servers of a backend serve without a check',
    {
      before: {},
      after: { servers: [`${S1} check`, `${S2} check inter 300ms`] },
      commands: [
        `add server b/s1 10.0.0.1:80 check downinter 500ms ${POOL}`,
        'enable health b/s1',
        `add server b/s2 10.0.0.2:80 check inter 300ms ${POOL}`,
        'enable health b/s2',
        'enable server b/s1',
        'enable server b/s2',
      ],
    },
  ],
  [
    'so do those that wait when the last one leaves',
    {
      before: { servers: [S1, `${S2} check`] },
      apart: [`checking ${S2} check`],
      after: { servers: [`${S2} check`], leaving: ['s1'] },
      commands: ['enable server b/s2', 'set server b/s1 state drain'],
      then: { apart: ['draining s1'] },
    },
  ],
  [
    'a task that is being killed, and its successor: up before down',
    {
      before: { servers: [S1, 's3 10.0.0.3:80'] },
      after: { servers: [S2, 's3 10.0.0.3:80'], leaving: ['s1'] },
      commands: [`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2', 'set server b/s1 state drain'],
      then: { apart: ['draining s1'] },
    },
  ],
  [
    'a task that is gone',
    { before: { servers: [S1, S2] }, after: { servers: [S1] }, commands: ['set server b/s2 state maint'], then: { apart: ['stopped s2'] } },
  ],
  [
    'one that drains drains on',
    { before: { servers: [S1] }, apart: [`draining ${S2}`], after: { servers: [S1], leaving: ['s2'] }, then: { apart: ['draining s2'] } },
  ],
  [
    'one that drained is stopped when its task is gone',
    {
      before: { servers: [S1] },
      apart: [`draining ${S2}`],
      after: { servers: [S1] },
      commands: ['set server b/s2 state maint'],
      then: { apart: ['stopped s2'] },
    },
  ],
  [
    'one that drains serves again',
    {
      before: { servers: [S1] },
      apart: [`draining ${S2} id 3`],
      after: { servers: [S1, `${S2} id 4`] },
      commands: ['set server b/s2 state ready'],
    },
  ],
  [
    'one that was stopped serves again, with its checks',
    {
      before: { servers: [S1] },
      apart: [`stopped ${S2} check`],
      after: { servers: [S1, `${S2} check`] },
      commands: ['enable health b/s2', 'set server b/s2 state ready'],
    },
  ],
  [
    'one of the file that is in maintenance serves again',
    { before: { servers: [S1, S2] }, apart: [`stopped ${S2}`], after: { servers: [S1, S2] }, commands: ['set server b/s2 state ready'] },
  ],
  [
    'one that was stopped comes back as another',
    {
      before: { servers: [S1] },
      apart: [`stopped ${S2}`],
      after: { servers: [S1, 's2 10.0.0.9:80'] },
      reload: ["server-changed b: s2: now with '10.0.0.9:80', without '10.0.0.2:80'"],
      then: { servers: [S1], apart: ['stopped s2'] },
    },
  ],
  [
    'one that is checked goes before its check passed',
    {
      before: { servers: [S1, `${S2} check`] },
      apart: [`checking ${S2} check`],
      after: { servers: [S1], leaving: ['s2'] },
      commands: ['set server b/s2 state maint'],
      then: { apart: ['stopped s2'] },
    },
  ],
  [
    'a server of green waits for its check: the one of blue that it replaces serves on, even where it is the only one',
    {
      before: { servers: [S1, 's3 10.0.0.3:80'] },
      after: { servers: [`${S1} disabled`, `${S2} check`, 's3 10.0.0.3:80 disabled'] },
      commands: [`add server b/s2 10.0.0.2:80 check downinter 500ms ${POOL}`, 'enable health b/s2', 'set server b/s1 state maint'],
      then: { servers: [`${S1} disabled`, 's3 10.0.0.3:80', `${S2} check`], apart: ['checking s2'] },
    },
  ],
  [
    'its check has passed: the one of blue goes',
    {
      before: { servers: [S1, `${S2} check`] },
      apart: [`passed ${S2} check`],
      after: { servers: [`${S1} disabled`, `${S2} check`] },
      commands: ['enable server b/s2', 'set server b/s1 state maint'],
    },
  ],
  [
    'blue gives way to green',
    {
      before: { servers: [S1, `${S2} disabled`] },
      after: { servers: [`${S1} disabled`, S2] },
      commands: ['set server b/s2 state ready', 'set server b/s1 state maint'],
    },
  ],
  [
    'one that comes as disabled is only added',
    {
      before: { servers: [S1] },
      after: { servers: [S1, `${S2} check disabled`] },
      commands: [`add server b/s2 10.0.0.2:80 check downinter 500ms ${POOL}`],
    },
  ],
  [
    'and its checks begin when it is to serve',
    {
      before: { servers: [S1, `${S2} check disabled`] },
      after: { servers: [S1, `${S2} check`] },
      commands: ['enable health b/s2', 'set server b/s2 state ready'],
    },
  ],
  [
    'another weight',
    {
      before: { servers: [S1, `${S2} weight 3`] },
      after: { servers: [`${S1} weight 5`, S2] },
      commands: ['set server b/s1 weight 5', 'set server b/s2 weight 1'],
    },
  ],
  [
    'another maxconn, also where servers are counted once',
    {
      before: { servers: [`${S1} maxconn 5`, `${S2} maxconn 5`], text: 'balance static-rr' },
      after: { servers: [`${S1} maxconn 9`, `${S2} maxconn 9`], text: 'balance static-rr' },
      commands: ['set maxconn server b/s1 9', 'set maxconn server b/s2 9'],
    },
  ],
  [
    'anything else needs a reload',
    {
      before: { servers: [S1, `${S2} check`] },
      after: { servers: [`${S1} weight 300`, `${S2} check disabled weight 4`] },
      reload: ["server-changed b: s1: now with 'weight 300'", "server-changed b: s2: now with 'disabled weight 4'"],
      then: { servers: [S1, `${S2} check`] },
    },
  ],
  [
    'an id that another server has is left to HAProxy',
    {
      before: { servers: [`${S1} id 7`] },
      apart: ['stopped s3 10.0.0.3:80 id 8'],
      after: { servers: [`${S1} id 7`, `${S2} id 7`, 's4 10.0.0.4:80 id 8', 's5 [fd00::5]:80 id 9', 's6 10.0.0.6:80 id 9'] },
      commands: [
        ...[`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2', `add server b/s4 10.0.0.4:80 ${POOL}`, 'enable server b/s4'],
        ...[`add server b/s5 [fd00::5]:80 id 9 ${POOL}`, 'enable server b/s5', `add server b/s6 10.0.0.6:80 ${POOL}`, 'enable server b/s6'],
      ],
      then: { apart: ['stopped s3'] },
    },
  ],
  [
    'what checks have by themselves in the file',
    {
      before: { servers: [S1] },
      after: {
        servers: [
          S1,
          `${S2} check ssl verify none send-proxy-v2 pool-max-conn 5`,
          's3 10.0.0.3:80 check port 81 ssl verify none downinter 1s',
        ],
      },
      commands: [
        'add server b/s2 10.0.0.2:80 check ssl verify none send-proxy-v2 pool-max-conn 5 downinter 500ms check-ssl check-send-proxy',
        'enable health b/s2',
        `add server b/s3 10.0.0.3:80 check port 81 ssl verify none downinter 1s ${POOL}`,
        'enable health b/s3',
      ],
      then: { apart: ['checking s2', 'checking s3'] },
    },
  ],
  [
    'commands do not wait for a reload',
    {
      before: { servers: [S1] },
      after: { servers: [S1, S2], text: 'balance roundrobin' },
      commands: [`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2'],
      reload: ["backend-changed b: now with 'balance roundrobin'"],
    },
  ],
])('%s', (_, row) => {
  check(row);
});
