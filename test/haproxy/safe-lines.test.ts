import { expect, test } from '@jest/globals';
import { TEMPLATES_IN_LABELS, type TemplateName } from '../../src/haproxy/catalogue.ts';
import { findUnsafe, SAFE_ROWS } from '../../src/haproxy/safe-lines.ts';
import { makeTemplates } from '../../src/haproxy/templates.ts';
import type { AppId } from '../../src/model/names.ts';
import { DEFAULTS } from './make.ts';

const owner = { by: 'app', app: '/shop' as AppId, index: 0 } as const;
const templates = makeTemplates(DEFAULTS, new Map(), { safeLabels: true });
const problemsOf = (name: TemplateName, text: string) => templates.problemsOf({ owner, overrides: { [name]: text } });

test.each<[TemplateName, string]>([
  ['HAPROXY_BACKEND_HEAD', 'backend {backend}\n  balance leastconn\n  mode http\n  timeout server 5m\n  # a word\n'],
  [
    'HAPROXY_FRONTEND_HEAD',
    'frontend {backend}\n  bind {bindAddr}:{servicePort}{sslCert}{bindOptions}\n  mode {mode}\n  timeout client 30m\n',
  ],
  ['HAPROXY_FRONTEND_BACKEND_GLUE', '  use_backend {backend}\n'],
  ['HAPROXY_FRONTEND_HEAD', ''],
  ['HAPROXY_USERLIST_HEAD', 'userlist user_{backend}\n  user {user} password {passwd}\n'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  option forwardfor\n  http-request set-header X-Forwarded-Port %[dst_port]\n  no option httpclose\n'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-request add-header X-Forwarded-Proto https if {{ ssl_fc }}\n'],
  ['HAPROXY_BACKEND_HSTS_OPTIONS', '  http-response set-header Strict-Transport-Security "max-age=1; includeSubDomains"\n'],
  ['HAPROXY_BACKEND_STICKY_OPTIONS', '  cookie SRV insert indirect nocache httponly\n'],
  [
    'HAPROXY_BACKEND_HTTP_HEALTHCHECK_OPTIONS',
    '  option httpchk GET {healthCheckPath} HTTP/1.1\\r\\nHost:\\ frob\n  http-check expect status 200\n',
  ],
  [
    'HAPROXY_BACKEND_TCP_HEALTHCHECK_OPTIONS',
    '  option tcp-check\n  tcp-check connect\n  tcp-check send PING\\r\\n\n  tcp-check expect string +PONG\n',
  ],
  [
    'HAPROXY_BACKEND_SERVER_OPTIONS',
    '  server {serverName} {host_ipv4}:{port} id {serverId}{cookieOptions}{healthCheckOptions}{otherOptions} maxconn 10 ssl verify none\n',
  ],
  [
    'HAPROXY_BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS',
    '  check inter {healthCheckIntervalSeconds}s fall {healthCheckFalls}{healthCheckPortOptions}\n',
  ],
])('anybody may have a %s of %j', (name, text) => {
  // what has no {{ }} is the same in the raw templates
  expect(problemsOf(name, name.endsWith('HTTP_OPTIONS') ? text.replace(/\{\{|\}\}/g, (two) => two.charAt(0)) : text)).toEqual([]);
});

test.each<[TemplateName, string, string]>([
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-response set-header X %[env(MARATHON_PASSWORD)]', 'it reads the environment'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-response set-header X "${VAULT_TOKEN}"', 'it reads the environment'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  errorfile 503 /etc/shadow', 'it reads a file'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-request return status 200 file /etc/shadow', 'it reads a file'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-request deny if { src -f /etc/shadow }', 'it reads a file'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-request set-header X %[src,map(/etc/x)]', 'it reads a file'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-request use-service lua.x', 'it runs Lua'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-request lua.x', 'it runs Lua'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  option external-check', 'it is not on the list'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  tcp-request content do-resolve(txn.a,dns)', 'it is not on the list'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  stick-table type ip size 1000m', 'it is not on the list'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  stats admin if TRUE', 'it is not on the list'],
  ['HAPROXY_FRONTEND_BACKEND_GLUE', '  use_backend other_10000', "something other than the port's own backend"],
  ['HAPROXY_FRONTEND_BACKEND_GLUE', '  use_backend %[hdr(x)]', "something other than the port's own backend"],
  ['HAPROXY_FRONTEND_HEAD', 'frontend {backend}\n  bind *:443 ssl crt /etc/ssl/cert.pem', 'it reads a file'],
  ['HAPROXY_BACKEND_SERVER_OPTIONS', '  server x 10.0.0.1:22', "not a server of the port's own tasks"],
  ['HAPROXY_BACKEND_SERVER_OPTIONS', '  server {serverName} {host_ipv4}:{port} crt /etc/x', 'it reads a file'],
  ['HAPROXY_BACKEND_SERVER_OPTIONS', '  server {serverName} {host_ipv4}:{port} track other/a', 'not on the list'],
  ['HAPROXY_BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS', ' check addr 10.0.0.1', 'it is not on the list'],
  ['HAPROXY_USERLIST_HEAD', 'userlist user_{backend}\n  user a insecure-password b', 'it is not on the list'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if { hdr(host) x }', 'are in a frontend that apps share'],
])('not everybody may have a %s of %j', (name, text, why) => {
  const raw = name.includes('OPTIONS') && !name.includes('SERVER');
  const problems = problemsOf(name, raw ? text : text.replace(/\{ | \}/g, (brace) => brace.replace(/[{}]/, '$&$&')).replace('${', '${{'));
  expect(problems).toMatchObject([{ code: 'template-denied', owner, message: expect.stringContaining(why) }]);
});

test('each line that is refused is a Problem, and the default stands for them all', () => {
  const overrides = { HAPROXY_BACKEND_HTTP_OPTIONS: '  errorfile 503 /a\n  option forwardfor\n  stats enable\n' };
  expect(templates.problemsOf({ owner, overrides })).toHaveLength(2);
  expect(templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}, { owner, overrides }).text).toBe(
    templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}).text,
  );
});

test('every row has its example on its own list, and a doc', () => {
  for (const { line, usage, doc } of SAFE_ROWS) {
    expect(usage).toMatch(line);
    expect(doc).toMatch(/\.$/);
  }
  for (const name of TEMPLATES_IN_LABELS) expect(findUnsafe(name as TemplateName, 'lua-load /x', false)).toHaveLength(1);
});
