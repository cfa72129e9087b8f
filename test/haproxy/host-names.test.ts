import { expect, test } from '@jest/globals';
import { namedServers, patient } from '../../src/haproxy/host-names.ts';

const PATIENT = 'init-addr libc,last,none';

test.each([
  ['  server consul api.consul.test:8500', `  server consul api.consul.test:8500 ${PATIENT}`],
  ['  server a web check\n', `  server a web ${PATIENT} check\n`],
  ['\tserver  a  ipv4@web:80  check # slow\n', `\tserver  a  ipv4@web:80 ${PATIENT}  check # slow\n`],
  ['  server-template web 3 web.acme.test:80 check\n', `  server-template web 3 web.acme.test:80 ${PATIENT} check\n`],
  ['  server a 1password.test:443\n  server b 10.0.0.1:80\n', `  server a 1password.test:443 ${PATIENT}\n  server b 10.0.0.1:80\n`],
])('a server with a host name keeps nobody else from serving: %j', (text, wanted) => {
  expect(patient(text)).toBe(wanted);
});

test.each([
  '  server a 10.0.0.1:80 check\n',
  '  server a [::1]:80\n',
  '  server a ::1:80\n',
  '  server a /run/app.sock\n',
  '  server a unix@/run/app.sock\n',
  '  server a web:80 init-addr none\n  server b web:81\n',
  '  default-server init-addr last\n  server b web:81\n',
  '  http-request set-header X-Server web:80\n',
  '  # server a web:80\n',
])('what has no host name, or says itself what is to be done, stays: %j', (text) => {
  expect(patient(text)).toBe(text);
});

test('the host names of servers', () => {
  const text = '  server a web.test:80 check\n  server b 10.0.0.1:80\n  server-template c 2 web.test:80\n  server d web\n';
  expect([...namedServers(text)]).toEqual([
    ['a', 'web.test'],
    ['d', 'web'],
  ]);
});
