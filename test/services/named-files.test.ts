import { expect, test } from '@jest/globals';
import { filesOf, withPaths } from '../../src/services/named-files.ts';

const of = (named: Parameters<typeof filesOf>[0], overrides = {}) => filesOf(named, { index: 1, overrides });

test('the certificate, and the files of the bind options, each with its label', () => {
  expect(
    of({ certificate: '/a.pem', bindOptions: 'alpn h2 ca-file /ca.pem crl-file /crl.pem verify required crt /b.pem crt c.pem' }),
  ).toEqual([
    { file: '/a.pem', label: 'HAPROXY_1_SSL_CERT', in: 'certificate' },
    { file: 'ca-file /ca.pem', label: 'HAPROXY_1_BIND_OPTIONS', in: 'options' },
    { file: 'crl-file /crl.pem', label: 'HAPROXY_1_BIND_OPTIONS', in: 'options' },
    { file: '/b.pem', label: 'HAPROXY_1_BIND_OPTIONS', in: 'options' },
  ]);
});

test.each<[string, string[]]>([
  ['  server {serverName} {host_ipv4}:{port} ssl ca-file /ca.pem crt /me.pem', ['ca-file /ca.pem', '/me.pem']],
  ['  errorfile 503 /etc/503.http\n  errorfile 408 /dev/null', ['file /etc/503.http', 'file /dev/null']],
  ['  http-request return status 200 content-type text/plain file /etc/x if { src -f /etc/nets }', ['file /etc/x', 'file /etc/nets']],
  ['  http-request return lf-file /etc/x', ['file /etc/x']],
  ['  http-request set-header X %[path,map_beg(/etc/paths.map,none)]', ['file /etc/paths.map']],
  ['  acl a hdr(host) -i -M -f /etc/hosts.map', ['file /etc/hosts.map']],
  ['  errorfile 503 "/etc/quoted"\n  errorfile 503 /etc/${NAME}\n  errorfile 503 relative\n  bind {bindAddr} crt {file}', []],
  ['  http-request set-header X-File crt', []],
])('of a template: %s', (text, files) => {
  expect(of({}, { HAPROXY_BACKEND_HTTP_OPTIONS: text }).map(({ file }) => file)).toEqual(files);
  expect(new Set(of({}, { HAPROXY_BACKEND_HTTP_OPTIONS: text }).map(({ label }) => label)).size).toBe(files.length > 0 ? 1 : 0);
});

test('other paths stand in place of some', () => {
  const instead = (file: string): readonly string[] =>
    file === 'ca-file /a' ? ['/copy'] : file === '/a' ? ['/x', '/y'] : [file.split(' ').at(-1) ?? ''];
  expect(withPaths('crt /a ca-file /a crl-file /c verify required', instead)).toBe(
    'crt /x crt /y ca-file /copy crl-file /c verify required',
  );
});
