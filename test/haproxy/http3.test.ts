import { expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { readRelease } from '../../src/haproxy/release.ts';
import type { DocumentSettings } from '../../src/haproxy/settings.ts';
import type { TemplateText } from '../../src/haproxy/templates.ts';
import type { Front } from '../../src/model/service.ts';
import type { Release } from '../../src/model/release.ts';
import { front, service, settings, templatesWith } from './make.ts';

const QUIC: Release = { major: 3, minor: 2, hasQuic: true };
const plain = front({ routes: [{ host: 'a.acme.org', path: undefined }] });
const passed = front({ app: '/pass', port: 10001, mode: 'tcp', passthrough: true, routes: [{ host: 'p.acme.org', path: undefined }] });

interface Given {
  readonly release?: Release;
  readonly own?: TemplateText;
  readonly fronts?: readonly Front[];
}

/** The lines with which HTTP/3 has to do, and the Problems. */
function rendered(given: Partial<DocumentSettings>, { release = QUIC, own, fronts = [plain] }: Given = {}) {
  const templates = templatesWith(own === undefined ? {} : { HAPROXY_HTTPS_FRONTEND_HEAD: own });
  const render = makeRenderer(templates, settings({ http3: true, ...given }));
  const { document, problems } = render(
    fronts.map((of) => service(of, [])),
    release,
  );
  const https = document.front.find(({ name }) => name === 'frontend marathon_https_in');
  const text = https?.fragments.map((one) => one.text).join('') ?? '';
  return {
    lines: text.split('\n').filter((line) => /quic|alt-svc|421/.test(line)),
    problems: problems.map(({ code, message }) => `${code}: ${message}`),
    text,
  };
}

const ALT_SVC = `  http-after-response set-header alt-svc 'h3=":443"; ma=3600'`;

test.each([
  ['*', '  bind quic4@*:443 ssl crt /etc/ssl/cert.pem alpn h3'],
  ['10.0.0.1', '  bind quic4@10.0.0.1:443 ssl crt /etc/ssl/cert.pem alpn h3'],
  ['[::]', '  bind quic6@[::]:443 ssl crt /etc/ssl/cert.pem alpn h3'],
])('on %s a UDP socket beside the TCP one, and the header', (bindAddress, bind) => {
  expect(rendered({ bindAddress })).toMatchObject({ lines: [bind, ALT_SVC], problems: [] });
});

test('it stays on its port while TLS of another host is passed through', () => {
  const { lines, text } = rendered({}, { fronts: [plain, passed] });
  expect(lines).toEqual(['  bind quic4@*:443 ssl crt /etc/ssl/cert.pem alpn h3', ALT_SVC]);
  expect(text).toContain('bind abns@marathon_lb_https___443 accept-proxy ssl crt');
});

test('rules by the name in the hello are kept from a connection for several hosts', () => {
  const sni = { ...plain, overrides: { HAPROXY_HTTPS_FRONTEND_ACL: '  use_backend {backend} if {{ ssl_fc_sni {hostname} }}\n' } };
  const [, , rule] = rendered({}, { fronts: [sni] }).lines;
  expect(rule).toContain('return status 421 if { fc_http_major ge 2 }');
});

const ownHead = (bind: string): TemplateText => ({
  text: `\nfrontend marathon_https_in\n  bind ${bind}\n  mode http\n`,
  language: 'marathon-lb',
  from: 'a file',
});

test("options of the operator's own bind are kept, without those of TCP", () => {
  const { lines } = rendered({}, { own: ownHead('{bindAddr}:{port} tfo ssl {sslCerts} alpn h2 strict-sni') });
  expect(lines).toEqual(['  bind quic4@*:443 ssl crt /etc/ssl/cert.pem strict-sni alpn h3', ALT_SVC]);
});

test("a bind of the operator's that is another one stays alone, and a Problem says so", () => {
  const { lines, problems } = rendered({}, { own: ownHead('10.9.9.9:8443 ssl crt /x.pem') });
  expect([lines, problems]).toEqual([[], [expect.stringContaining("http3: --http3 has no effect, because the operator's template")]]);
});

test.each<[string, Release, string]>([
  ['an older HAProxy', { major: 3, minor: 0, hasQuic: true }, 'HAProxy is 3.0, and 3.2 or later is needed'],
  ['one without QUIC', { major: 3, minor: 4 }, 'HAProxy was built without QUIC'],
])('%s: all is served but HTTP/3, and one Problem says why', (_, release, why) => {
  expect(rendered({}, { release })).toMatchObject({
    lines: [],
    problems: [`http3: --http3 has no effect, because ${why}; everything else is served`],
  });
});

test('without the flag nothing changes, whatever HAProxy can do', () => {
  expect(rendered({ http3: false })).toMatchObject({ lines: [], problems: [] });
});

test('haproxy -vv says whether it was built with QUIC', () => {
  const said = (features: string) => readRelease(`HAProxy version 3.2.26-1\n\nFeature list : -51DEGREES +PROMEX ${features} +RT\n`);
  expect(said('+QUIC -QUIC_OPENSSL_COMPAT')).toEqual({ major: 3, minor: 2, hasQuic: true });
  expect(said('-QUIC +QUIC_OPENSSL_COMPAT')).toEqual({ major: 3, minor: 2 });
});
