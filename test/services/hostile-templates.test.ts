import { expect, test } from '@jest/globals';
import type { TemplateName } from '../../src/haproxy/catalogue.ts';
import { findTrespass } from '../../src/haproxy/template-rules.ts';

test.each<[TemplateName, string]>([
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} # if it is mine\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} #if x if y\n'],
  ['HAPROXY_HTTPS_FRONTEND_ACL', '  http-request return status 200 content-type text/plain string " if x"\n'],
  ['HAPROXY_HTTPS_FRONTEND_ACL', "  http-request set-header X ' unless x '\n"],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  http-request set-header X \\ if x\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  http-request set-header X "\\" if x"\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  "acl"x y\n'],
  ['HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS', '  redirect scheme https # unless { ssl_fc }\n'],
])('an app may not have a %s of %j: its condition is none', (name, text) => {
  expect(findTrespass(name, text)).toContain('would affect every app');
});

test.each<[TemplateName, string]>([
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if { path "/#a" } # mine\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  http-request auth realm "It\'s {realm}" if x\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '\tacl x path_reg \\#[a-z]\n  # a comment, if any\n\n  use_backend {backend} if x\n'],
])('an app may have a %s of %j', (name, text) => {
  expect(findTrespass(name, text)).toBeUndefined();
});
