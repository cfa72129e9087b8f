import { expect, test } from '@jest/globals';
import { findRemoved, findTrespass, variablesIn } from '../../src/haproxy/template-rules.ts';
import { CATALOGUE, TEMPLATE_NAMES, TEMPLATES_IN_LABELS, type TemplateName } from '../../src/haproxy/catalogue.ts';
import { templatesWith } from './make.ts';

test.each<[TemplateName, string]>([
  ['HAPROXY_BACKEND_HEAD', 'backend {backend}\n  balance leastconn\n'],
  ['HAPROXY_BACKEND_HEAD', '\n# mine\n\tbackend   {backend}\r\n  mode http\r\n'],
  ['HAPROXY_FRONTEND_HEAD', 'frontend {backend}\n  bind :1\n  # frontend of mine\n'],
  ['HAPROXY_FRONTEND_HEAD', ''],
  ['HAPROXY_BACKEND_HEAD', 'backend {backend} from mine # a word\n  mode http'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if x TRUE\n'],
  ['HAPROXY_USERLIST_HEAD', 'userlist user_{backend}\n  user {user} password {passwd}\n'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  option forwardfor\n'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  http-response set-header X-Backend backend\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  acl x hdr(host) -i {hostname}\n  use_backend {backend} if x\n# a word\n'],
  ['HAPROXY_HTTPS_FRONTEND_ACL', '  use_backend {backend} unless x\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', ''],
])('an app may have a %s of %j', (name, text) => {
  expect(findTrespass(name, text)).toBeUndefined();
});

test.each<[TemplateName, string, string]>([
  ['HAPROXY_BACKEND_HEAD', 'backend other\n', "its first line is 'backend other', but 'backend {backend}' is wanted"],
  ['HAPROXY_BACKEND_HEAD', '  mode http\n', "its first line is 'mode http'"],
  ['HAPROXY_BACKEND_HEAD', 'frontend {backend}\n', "its first line is 'frontend {backend}'"],
  ['HAPROXY_BACKEND_HEAD', 'backend {backend}\nbackend other\n', "it opens a second section ('backend other')"],
  ['HAPROXY_FRONTEND_HEAD', 'frontend {backend}\nglobal\n', "it opens a second section ('global')"],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  option x\nfrontend evil\n', "it opens a section ('frontend evil')"],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '\tlisten evil\r\n', "it opens a section ('listen evil')"],
  ['HAPROXY_BACKEND_SERVER_OPTIONS', '  server x\nuserlist y\n', "it opens a section ('userlist y')"],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  option\0x\n', 'it has a control character'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '  option\u001bx\n', 'it has a control character'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend}\n', "'use_backend {backend}' would affect every app"],
  ['HAPROXY_HTTPS_FRONTEND_ACL', '  acl x src 1.1.1.1\n  http-request deny\n', "'http-request deny' would affect every app"],
  ['HAPROXY_MAP_HTTP_FRONTEND_ACL', '  use_backend x if y\n', 'shared by all apps'],
  ['HAPROXY_MAP_HTTPS_FRONTEND_ACL', '', 'shared by all apps'],
  ['HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS', '  redirect scheme https\n', 'would affect every app'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if TRUE\n', 'would affect every app'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} unless FALSE\n', 'would affect every app'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if x or TRUE\n', 'would affect every app'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if {{ always_true }}\n', 'would affect every app'],
  ['HAPROXY_BACKEND_HEAD', 'backend {backend}  balance {balance}  mode {mode}  timeout server 30m', 'the line ends were lost'],
  ['HAPROXY_FRONTEND_HEAD', 'frontend {backend} bind *:1 mode http', 'the line ends were lost'],
  ['HAPROXY_USERLIST_HEAD', 'userlist user_{backend} user a password b', 'the line ends were lost'],
])('an app may not have a %s of %j', (name, text, why) => {
  expect(findTrespass(name, text)).toContain(why);
});

test.each(TEMPLATE_NAMES.filter((name) => CATALOGUE[name].inLabels && !name.includes('_MAP_')))(
  'the default of %s, in the language of labels, would be no trespass',
  (name) => {
    const places = Object.fromEntries(CATALOGUE[name].places.map((place) => [place, `{${place}}`]));
    const { text } = templatesWith().render(name, { ...places, hosts: [], defaultOptions: [] } as never);
    expect(findTrespass(name, text)).toBeUndefined();
    expect(findRemoved(text)).toBeUndefined();
    expect(TEMPLATES_IN_LABELS.has(name)).toBe(true);
  },
);

test.each([
  ['  reqirep ^Host x', 'http-request replace-path'],
  ['reqrep a b', 'http-request replace-path'],
  ['\n  rspadd  Strict-Transport-Security:\\ max-age=15768000\n', 'http-response add-header'],
  ['  rspirep a b', 'http-response replace-header'],
  ['  block if x', 'http-request deny'],
  ['  clitimeout 5', 'timeout client'],
  ['  reqidel x', 'http-request del-header'],
])('%j is of another time: the message says what to write', (text, instead) => {
  expect(findRemoved(text)).toContain(instead);
});

test.each(['', '  # reqrep', '  http-request deny', '  acl block src 1.1.1.1', '  option reqrep'])('%j is of today', (text) => {
  expect(findRemoved(text)).toBeUndefined();
});

test("what an app may not have is a Problem, and the default stands; an operator's may open what it likes", () => {
  const overrides = { HAPROXY_BACKEND_HTTP_OPTIONS: 'frontend evil\n' };
  const by = { owner: { by: 'operator' } as const, overrides };
  const templates = templatesWith();
  expect(templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}, by).text).toContain('option forwardfor');
  expect(templates.problemsOf(by)).toMatchObject([{ code: 'template' }]);
  const own = { text: 'frontend mine\n', language: 'marathon-lb', from: 'a file' } as const;
  expect(templatesWith({ HAPROXY_BACKEND_HTTP_OPTIONS: own }).problems).toEqual([]);
  const old = { ...own, text: '  reqrep x\n' };
  expect(templatesWith({ HAPROXY_BACKEND_HTTP_OPTIONS: old }).problems).toMatchObject([{ code: 'template', owner: { by: 'operator' } }]);
});

test.each([
  ['"$ONE ${TWO} ${THREE[*]}"', ['ONE', 'TWO', 'THREE']],
  ['"${ONE-a default}" "${not closed" "\\$ONE"', []],
  ['%[env(ONE)]', ['ONE']],
])('the variables that HAProxy reads in %s', (text, wanted) => {
  expect(variablesIn(text)).toEqual(wanted);
});
